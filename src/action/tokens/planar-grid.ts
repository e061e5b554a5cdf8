/** @file The adaptive spatial grid in the plane: one token per 2-D action, over cells of azimuth and radius. */

import { z } from "zod";
import { binFinder } from "./bin-edges.ts";
import { binValues, cellCenters, cellOptions, isNearerToZero, toUnit } from "./cells.ts";
import type { GridCodec } from "./codec.ts";
import { axisEdges, fitGaussian, gaussianSchema } from "./gaussian-edges.ts";
import { gridCodecOf } from "./grid-codec.ts";
import { defineScheme, type ActionRows } from "./scheme.ts";

const schema = z.strictObject({
  scheme: z.literal("planar"),
  /** Gaussians of azimuth (rad) and radius, or null for bins of equal width. */
  gaussians: z.strictObject({ phi: gaussianSchema, r: gaussianSchema }).nullable(),
  phiBins: z.int().min(1).default(32),
  rBins: z.int().min(1).default(16),
  ...cellOptions,
});

export type PlanarSpec = z.output<typeof schema>;

/**
 * One joint token per action (x, y) in [-1, 1]²:
 *
 *     φ = atan2(y, x) in [-π, π]        r = √(x² + y²) in [0, √2]        id = φ bin · (number of r bins) + r bin
 *
 * with equal-mass edges on both axes. This is SpatialVLA's translation token (arXiv:2501.15830; `spatial-grid.ts`) with one dimension
 * less: our generalisation, for tasks in the plane. As there, φ is cut at ±π and fitted like a number on a line.
 */
function planarCodec(spec: PlanarSpec): GridCodec {
  const { phiBins, rBins, zeroCell, decoding, minSigma, gaussians } = spec;
  const phiFit = { gaussian: gaussians?.phi ?? null, minSigma };
  const rFit = { gaussian: gaussians?.r ?? null, minSigma };
  const phiEdges = axisEdges({ name: "planar: phi", low: -Math.PI, high: Math.PI, bins: phiBins }, phiFit);
  const rEdges = axisEdges({ name: "planar: r", low: 0, high: Math.SQRT2, bins: rBins }, rFit);
  const centers = cellCenters({
    axes: [binValues(phiEdges, phiFit, decoding), binValues(rEdges, rFit, decoding)],
    dims: 2,
    toCenter: polarToPoint,
    zeroCell,
  });
  const size = centers.length / 2;
  const phiBinOf = binFinder(phiEdges);
  const rBinOf = binFinder(rEdges);
  const point = new Float64Array(2);
  return gridCodecOf({
    scheme: "planar",
    actionSize: 2,
    slots: [{ offset: 0, size, dims: [0, 1], centers }],
    encode(action, ids) {
      const x = action[0] ?? 0;
      const y = action[1] ?? 0;
      const unitX = toUnit(x);
      const unitY = toUnit(y);
      const cell = phiBinOf(Math.atan2(unitY, unitX)) * rBins + rBinOf(Math.sqrt(unitX * unitX + unitY * unitY));
      point[0] = unitX;
      point[1] = unitY;
      ids[0] = zeroCell && isNearerToZero(point, centers, cell) ? size - 1 : cell;
      return (unitX === x ? 0 : 1) + (unitY === y ? 0 : 1);
    },
  });
}

/** (φ, r) to (x, y), clamped to the square, which the outermost radii leave. */
function polarToPoint([phi = 0, r = 0]: Float64Array, center: Float64Array): void {
  center[0] = toUnit(r * Math.cos(phi));
  center[1] = toUnit(r * Math.sin(phi));
}

/**
 * Gaussians of azimuth and radius; σ is floored at 0.5 as in `spatial-grid.ts`.
 *
 * @throws RangeError when the actions have not two dimensions
 */
function fitPlanar({ values, actionSize }: ActionRows): Pick<PlanarSpec, "gaussians" | "minSigma"> {
  if (actionSize !== 2) throw new RangeError(`planar: actions have ${actionSize} dimensions, expected 2`);
  const count = values.length / 2;
  const phi = new Float64Array(count);
  const r = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const x = toUnit(values[2 * i] ?? 0);
    const y = toUnit(values[2 * i + 1] ?? 0);
    phi[i] = Math.atan2(y, x);
    r[i] = Math.sqrt(x * x + y * y);
  }
  return { gaussians: { phi: fitGaussian(phi), r: fitGaussian(r) }, minSigma: 0.5 };
}

export const planarScheme = defineScheme({ name: "planar", schema, codec: planarCodec, fit: fitPlanar });
