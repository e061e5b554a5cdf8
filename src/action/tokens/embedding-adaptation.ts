/** @file Carries token embeddings of one spatial grid over to another: every new cell reads the old table at its own center. */

import { middles } from "./bin-edges.ts";
import { SPATIAL_AXES, SPATIAL_RANGES, type PerAxis, type SpatialAxis } from "./spatial-grid.ts";

type FloatArray = Float32Array | Float64Array;

export interface GridChange {
  /** Edges of the grid that the embeddings were trained with. */
  readonly from: PerAxis<Float64Array>;
  /** Edges of the grid they are to serve. */
  readonly to: PerAxis<Float64Array>;
  /** Numbers per embedding. */
  readonly width: number;
}

/** For each new bin of an axis: two neighbouring old bins, and the share of the upper one. */
interface AxisMix {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly share: Float64Array;
}

/** Rows of the two gripper tokens, which come last and stay as they are. */
const GRIPPER_ROWS = 2;

/**
 * Trilinear interpolation of an embedding table at the new bins' centers:
 *
 *     new[θ', φ', r'] = Σ over the 8 old cells around (θ', φ', r') of (product of their three shares) · old[θ, φ, r]
 *
 * and the same for rotation. Outside the outermost old centers the nearest one counts, as with replicated borders. With equal
 * grids nothing changes. Codecs with a cell for zero have other rows and are not covered.
 *
 * Source: arXiv:2501.15830. SpatialVLA/SpatialVLA at e480753, model/action_tokenizer.py, lines 372-431, does something else
 * than it means to: points are made by `meshgrid` with x and y exchanged, so rows are paired with the wrong cells, and interpolated over
 * Delaunay tetrahedra; that is not reproduced.
 *
 * @param table f[8194 · width], row i is the embedding of token i
 * @param adapted f[8194 · width], written; not the table itself
 * @throws RangeError when a table has another number of rows
 */
export function adaptEmbeddings({ from, to, width }: GridChange, table: FloatArray, adapted: FloatArray): void {
  const bins = SPATIAL_AXES.map((axis) => SPATIAL_RANGES[axis].bins);
  const [theta = 0, phi = 0, r = 0, roll = 0, pitch = 0, yaw = 0] = bins;
  const cells = [theta * phi * r, roll * pitch * yaw];
  const rows = (cells[0] ?? 0) + (cells[1] ?? 0) + GRIPPER_ROWS;
  for (const { length } of [table, adapted]) {
    if (length !== rows * width) throw new RangeError(`adaptEmbeddings: a table has ${length} numbers, expected ${rows} rows of ${width}`);
  }
  const mix = (axis: SpatialAxis): AxisMix => axisMix(from[axis], to[axis]);
  mixBlock([mix("theta"), mix("phi"), mix("r")], { table, adapted, width, firstRow: 0 });
  mixBlock([mix("roll"), mix("pitch"), mix("yaw")], { table, adapted, width, firstRow: cells[0] ?? 0 });
  const gripper = (rows - GRIPPER_ROWS) * width;
  adapted.set(table.subarray(gripper), gripper);
}

function axisMix(from: Float64Array, to: Float64Array): AxisMix {
  const old = middles(from);
  const centers = middles(to);
  const last = old.length - 1;
  const lower = new Int32Array(centers.length);
  const upper = new Int32Array(centers.length);
  const share = new Float64Array(centers.length);
  centers.forEach((center, i) => {
    const above = old.findIndex((value) => value > center);
    upper[i] = above === -1 ? last : above;
    lower[i] = above === -1 ? last : Math.max(0, above - 1);
    const [start = 0, end = 0] = [old[lower[i] ?? 0], old[upper[i] ?? 0]];
    share[i] = end > start ? (center - start) / (end - start) : 0;
  });
  return { lower, upper, share };
}

interface Block {
  readonly table: FloatArray;
  readonly adapted: FloatArray;
  readonly width: number;
  readonly firstRow: number;
}

/** Rows of the old and the new table run over three axes, the last one fastest. */
function mixBlock(mixes: readonly [AxisMix, AxisMix, AxisMix], { table, adapted, width, firstRow }: Block): void {
  const [first, second, third] = mixes;
  const corner = (mix: AxisMix, bin: number, upper: number): [row: number, share: number] => {
    const share = mix.share[bin] ?? 0;
    return upper === 1 ? [mix.upper[bin] ?? 0, share] : [mix.lower[bin] ?? 0, 1 - share];
  };
  const sum = new Float64Array(width);
  let row = firstRow;
  for (let i = 0; i < first.share.length; i++) {
    for (let j = 0; j < second.share.length; j++) {
      for (let k = 0; k < third.share.length; k++) {
        sum.fill(0);
        for (let which = 0; which < 8; which++) {
          const [a, shareA] = corner(first, i, which >> 2);
          const [b, shareB] = corner(second, j, (which >> 1) & 1);
          const [c, shareC] = corner(third, k, which & 1);
          const old = firstRow + (a * second.share.length + b) * third.share.length + c;
          addScaled(sum, table.subarray(old * width, (old + 1) * width), shareA * shareB * shareC);
        }
        adapted.set(sum, row * width);
        row++;
      }
    }
  }
}

function addScaled(sum: Float64Array, values: FloatArray, scale: number): void {
  if (scale === 0) return;
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + scale * (values[i] ?? 0);
}
