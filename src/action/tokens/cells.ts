/** @file Cells of a grid over several axes: their centers, and a cell for exactly zero. Shared by the planar and the spatial grid. */

import { z } from "zod";
import { middles } from "./bin-edges.ts";
import { conditionalMeans, type AxisFit } from "./gaussian-edges.ts";

/** Options of both grids. */
export const cellOptions = {
  /** σ counts as no less than this when edges are made. */
  minSigma: z.number().min(0).default(0),
  /** A cell of its own that decodes to exactly zero. */
  zeroCell: z.boolean().default(false),
  /** What a cell decodes to: the middles of its bins, or their means under the fitted Gaussians. */
  decoding: z.enum(["middle", "mean"]).default("middle"),
};

export type CellDecoding = z.output<typeof cellOptions.decoding>;

/** What the bins of one axis decode to. */
export function binValues(edges: Float64Array, fit: AxisFit, decoding: CellDecoding): Float64Array {
  return decoding === "mean" ? conditionalMeans(edges, fit) : middles(edges);
}

export interface CellLayout {
  /** What the bins of each axis decode to; the last axis runs fastest in the ids. */
  readonly axes: readonly Float64Array[];
  /** Numbers per center. */
  readonly dims: number;
  /** From a value per axis to the center; writes `dims` numbers. */
  toCenter(values: Float64Array, center: Float64Array): void;
  readonly zeroCell: boolean;
}

/** f64[cells, dims]: the center of every cell in the order of ids; with `zeroCell` a row of zeros comes last. */
export function cellCenters({ axes, dims, toCenter, zeroCell }: CellLayout): Float64Array {
  const cells = axes.reduce((product, { length }) => product * length, 1);
  const centers = new Float64Array((cells + (zeroCell ? 1 : 0)) * dims);
  const values = new Float64Array(axes.length);
  for (let cell = 0; cell < cells; cell++) {
    let rest = cell;
    for (let i = axes.length - 1; i >= 0; i--) {
      const axis = axes[i];
      if (axis === undefined) continue;
      values[i] = axis[rest % axis.length] ?? 0;
      rest = Math.floor(rest / axis.length);
    }
    toCenter(values, centers.subarray(cell * dims, (cell + 1) * dims));
  }
  return centers;
}

/**
 * Whether a point is nearer to zero than to the center of its cell: such a point gets the cell of zero, if there is one.
 *
 * @param centers f64[cells, D] with D the size of the point
 */
export function isNearerToZero(point: Float64Array, centers: Float64Array, cell: number): boolean {
  let product = 0;
  let square = 0;
  for (let i = 0; i < point.length; i++) {
    const center = centers[cell * point.length + i] ?? 0;
    product += (point[i] ?? 0) * center;
    square += center * center;
  }
  return 2 * product < square; // ‖p‖² < ‖p - c‖²
}

/** Clamp to [-1, 1]. */
export function toUnit(value: number): number {
  return value < -1 ? -1 : value > 1 ? 1 : value;
}
