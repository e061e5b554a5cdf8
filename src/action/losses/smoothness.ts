/** @file Smoothness of action chunks: small velocity, acceleration and jerk. */

import { tensorFrom } from "#engine/array";
import { add, constant, fill, logicalAnd, mul, reshape, square, sub, where, type Tensor } from "#engine/graph";
import { reduceChunk, type ChunkReduction } from "./chunk-reduction.ts";
import { bothValid, neighbours, stepsOf, type PreviousAction } from "./consecutive-steps.ts";

export interface SmoothnessOptions extends PreviousAction {
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
  /** Weight ≥ 0 of the squared first difference. Default 0. */
  readonly velocity?: number;
  /** Weight ≥ 0 of the squared second difference. Default 0. */
  readonly acceleration?: number;
  /** Weight ≥ 0 of the squared third difference. Default 0. */
  readonly jerk?: number;
  /** Seconds between two actions; the k-th difference is divided by dtS^k. Default 1: differences per tick. */
  readonly dtS?: number;
  /** Indices of the action dimensions that count; leave a binary gripper out. Default all. */
  readonly dims?: readonly number[];
  /** Default `"mean"`. */
  readonly reduction?: ChunkReduction;
}

/**
 * w_v·‖Δa/dt‖² + w_a·‖Δ²a/dt²‖² + w_j·‖Δ³a/dt³‖², each reduced over the differences all of whose steps are valid.
 *
 * The third difference is a_{t+3} - 3·a_{t+2} + 3·a_{t+1} - a_t. A chunk too short for a difference adds 0. With `previous`, the
 * seam to the action executed before counts too; without it, chunks may be smooth and their succession not. Weights mean the
 * same at every control rate when `dtS` is given: at 0.1 s the squared jerk per second³ is 10⁶ times that per tick.
 *
 * It is meant for absolute actions. For actions that are themselves displacements the velocity term already is an acceleration.
 * With denoising heads apply it to the predicted action, not to noise or velocity.
 *
 * @param actions f32[B, H, A] predicted chunk
 * @returns f32[]; 0 if there is no valid difference
 * @throws ShapeError when masks or the previous action do not fit; RangeError for a weight, dtS or dimension that cannot be
 *
 * Source: minimum-jerk criterion, Flash and Hogan 1985, J. Neuroscience 5(7); here with finite differences.
 */
export function smoothnessLoss(actions: Tensor, options: SmoothnessOptions): Tensor {
  const { velocity = 0, acceleration = 0, jerk = 0, dtS = 1, reduction = "mean" } = options;
  const { steps, isValid } = stepsOf(actions, options, "smoothnessLoss");
  const isChosen = chosenDims(actions.shape[2] ?? 0, options.dims);
  assertNumbers({ velocity, acceleration, jerk, dtS });

  const [B = 0, T = 0] = steps.shape;
  const chosen = constant(tensorFrom("bool", [isChosen.length], isChosen.map(Number)));
  const dimensions = isChosen.filter(Boolean).length;
  let difference = where(logicalAnd(reshape(isValid, [B, T, 1]), chosen), steps, 0);
  let isWhole = isValid;
  let total = fill([], 0, actions.dtype);
  for (const [i, weight] of [velocity, acceleration, jerk].entries()) {
    if ((difference.shape[1] ?? 0) < 2) break;
    const [earlier, later] = neighbours(difference);
    difference = sub(later, earlier);
    isWhole = bothValid(isWhole);
    if (weight === 0) continue;
    const cost = reduceChunk(square(difference), { isValid: isWhole, reduction, dimensions });
    total = add(total, mul(cost, weight / dtS ** (2 * (i + 1))));
  }
  return total;
}

function chosenDims(A: number, dims: readonly number[] | undefined): boolean[] {
  if (dims === undefined) return Array<boolean>(A).fill(true);
  if (dims.length === 0 || !dims.every((dim) => Number.isInteger(dim) && dim >= 0 && dim < A)) {
    throw new RangeError(`smoothnessLoss: dims are [${dims.join(", ")}], expected one or more indices of ${A} action dimensions`);
  }
  return Array.from({ length: A }, (_, a) => dims.includes(a));
}

function assertNumbers({ dtS, ...weights }: { readonly dtS: number; readonly velocity: number; readonly acceleration: number; readonly jerk: number }): void {
  if (!(dtS > 0)) throw new RangeError(`smoothnessLoss: dtS is ${dtS}, expected seconds above 0`);
  for (const [name, weight] of Object.entries(weights)) {
    if (!(weight >= 0)) throw new RangeError(`smoothnessLoss: ${name} is ${weight}, expected a weight ≥ 0`);
  }
}
