/** @file The network inside a generative head: (noisy chunk, time, conditioning) → chunk-shaped prediction. */

import { tensorFrom, zeros } from "#engine/array";
import { broadcastTo, constant, reshape, slice, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";
import type { ChunkSpec } from "./head.ts";

/**
 * A denoiser works in two parts. What depends on time and observation alone comes first, so that a sampler can work it
 * out for all its steps at once and read those weights once.
 */
export interface Denoiser<P extends ParameterTree = ParameterTree> {
  /** What it denoises. */
  readonly chunk: ChunkSpec;
  /** C: features of the conditioning; null for a network that does not read it. */
  readonly condSize: number | null;
  readonly parameters: P;
  /**
   * @param times f32[B] each, as many as the denoiser was made for: flow time in [0, 1] or diffusion steps 0 … K-1,
   *   and for a head that takes long steps the length of the step
   * @param cond f32[B, C]
   * @returns f32[B, ...] each, whatever `predict` needs
   */
  condition(params: Traced<P>, times: readonly Tensor[], cond: Tensor): readonly Tensor[];
  /**
   * @param x f32[B, H, A]
   * @param condition what `condition` returned
   * @returns f32[B, H, A]
   */
  predict(params: Traced<P>, x: Tensor, condition: readonly Tensor[]): Tensor;
}

/** Both parts at once, for a loss: the prediction f32[B, H, A] at these times. */
export function denoise<P extends ParameterTree>(
  denoiser: Denoiser<P>,
  params: Traced<P>,
  { x, times, cond }: { readonly x: Tensor; readonly times: readonly Tensor[]; readonly cond: Tensor },
): Tensor {
  return denoiser.predict(params, x, denoiser.condition(params, times, cond));
}

/**
 * What the denoiser needs in every step of a sampler, worked out in one call.
 *
 * @param times values of the times of each step, the same for every element of the batch: [steps][times]
 * @returns per step what `predict` needs
 */
export function conditionAllSteps<P extends ParameterTree>(
  denoiser: Denoiser<P>,
  params: Traced<P>,
  cond: Tensor,
  times: readonly (readonly number[])[],
): readonly (readonly Tensor[])[] {
  const [batch = 0, features = 0] = cond.shape;
  const steps = times.length;
  const column = (which: number): Tensor => {
    const values = times.flatMap((step) => Array<number>(batch).fill(step[which] ?? NaN));
    return constant(tensorFrom("f32", [steps * batch], values));
  };
  const columns = Array.from({ length: times[0]?.length ?? 0 }, (_, which) => column(which));
  // What has no features cannot be reshaped in ONNX, where an extent of 0 means another thing.
  const repeated =
    features === 0
      ? constant(zeros("f32", [steps * batch, 0]))
      : reshape(broadcastTo(reshape(cond, [1, batch, features]), [steps, batch, features]), [steps * batch, features]);
  const conditions = denoiser.condition(params, columns, repeated);
  return times.map((_, step) => conditions.map((tensor) => slice(tensor, 0, step * batch, (step + 1) * batch)));
}
