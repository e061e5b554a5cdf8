/** @file The value term of proximal policy optimization. */

import { add, assertDtype, assertShape, clip, maximum, square, stopGradient, sub, where, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

/** All of one shape. */
export interface ValueSamples {
  /** f32[...] V of the network in training. */
  readonly value: Tensor;
  /** f32[...] what the value should have been, such as `returns` of `generalizedAdvantages`; no gradient passes. */
  readonly returns: Tensor;
  /** f32[...] V when the samples were drawn; needed for clipping. */
  readonly oldValue?: Tensor | undefined;
  /** bool, broadcast to [...]: true where a sample counts. Default: everywhere. */
  readonly isValid?: Tensor | undefined;
}

/**
 * (V - R)², averaged over the samples that count. There is no ½: a weight of 0.5 is usual.
 *
 * With `clipTo` δ it is max((V - R)², (clip(V, V_old ± δ) - R)²), which stops a value from moving further than δ per round of
 * samples. δ is in the units of the returns, so what suits depends on their scale; Andrychowicz et al. 2020 (arXiv:2006.05990) found
 * no use in it, so it is off by default.
 *
 * @returns f32[]; 0 if no sample counts
 * @throws ShapeError when the tensors do not go together; RangeError when δ is not above 0 or there is no `oldValue` for it
 *
 * Source: vwxyzjn/cleanrl at fe8d8a0, ppo_continuous_action.py, where both forms have a factor ½.
 */
export function ppoValueLoss(samples: ValueSamples, clipTo?: number): Tensor {
  const { value, oldValue } = samples;
  const target = matching(samples.returns, value, "returns");
  const isValid = validMask(samples.isValid, value.shape, "ppoValueLoss");
  // Selected before squaring: the slope 2·NaN of what does not count would turn the 0 that the mean sends back into NaN.
  const squared = (of: Tensor): Tensor => square(where(isValid, sub(of, target), 0));
  if (clipTo === undefined) return maskedMean(squared(value), isValid);

  if (!(clipTo > 0)) throw new RangeError(`ppoValueLoss: the value clip is ${clipTo}, expected a number above 0`);
  if (oldValue === undefined) throw new RangeError(`ppoValueLoss: the value clip is ${clipTo}, but there is no oldValue to clip to`);
  const start = matching(oldValue, value, "oldValue");
  const near = add(start, clip(sub(value, start), -clipTo, clipTo));
  return maskedMean(maximum(squared(value), squared(near)), isValid);
}

/** `tensor` as a constant, once it is known to be shaped as the value. */
function matching(tensor: Tensor, value: Tensor, name: string): Tensor {
  assertShape(tensor, value.shape, `ppoValueLoss: ${name}`);
  assertDtype(tensor, value.dtype, `ppoValueLoss: ${name}`);
  return stopGradient(tensor);
}
