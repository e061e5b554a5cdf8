/** @file Distillation of categorical policies: a student's token distribution follows a teacher's. */

import { assertDtype, assertShape, exp, formatType, logSoftmax, mul, reshape, ShapeError, stopGradient, sub, sum, where, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

/** Which way a divergence runs; `DIVERGENCE_ORDER` says what it is from. */
export type DivergenceDirection = "forward" | "reverse";

export interface DistillationLogits {
  /** f32[..., K] logits of the policy in training. */
  readonly student: Tensor;
  /** f32[..., K] logits of the policy to follow; no gradient passes. */
  readonly teacher: Tensor;
}

export interface DistillationKlOptions {
  /** bool, broadcast to [...]: true where it counts, such as valid steps, or the replayed part of a batch. Default: everywhere. */
  readonly isValid?: Tensor;
  /** T > 0: both distributions are softened to softmax(logits / T). Default 1. */
  readonly temperature?: number;
  /** `"forward"` KL(teacher ‖ student), the default; `"reverse"` KL(student ‖ teacher). */
  readonly direction?: DivergenceDirection;
}

/** The pair (p, q) of KL(p ‖ q). */
export const DIVERGENCE_ORDER: Readonly<Record<DivergenceDirection, <P>(student: P, teacher: P) => readonly [p: P, q: P]>> = {
  forward: (student, teacher) => [teacher, student],
  reverse: (student, teacher) => [student, teacher],
};

/**
 * T²·Σ_k p_k·(ln p_k - ln q_k), averaged over the valid entries.
 *
 * Forward makes the student cover all that the teacher does, reverse lets it settle on one of the teacher's modes. The factor T² keeps
 * the size of the gradient when T changes.
 *
 * The mean runs over every distribution, the A dimensions of a token grid too. PyTorch's `kl_div` with reduction "mean" divides by K as
 * well, and is K times as small. Logits are to be finite: where actions are a part of a larger vocabulary, slice that part out of both
 * instead of masking the rest with -∞, for which 0·(-∞ + ∞) has no value.
 *
 * @returns f32[] ≥ 0; 0 if nothing is valid
 * @throws ShapeError when student, teacher and mask do not go together; RangeError for a temperature that is not above 0
 *
 * Source: Hinton et al. 2015, arXiv:1503.02531, section 2.
 */
export function distillationKl(logits: DistillationLogits, options: DistillationKlOptions = {}): Tensor {
  const { student, teacher } = logits;
  const { temperature = 1, direction = "forward" } = options;
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(`distillationKl: temperature is ${temperature}, expected a number above 0`);
  }
  if (student.shape.length === 0) throw new ShapeError(`distillationKl: student is ${formatType(student)}, expected [..., K]`);
  assertShape(teacher, student.shape, "distillationKl: teacher");
  assertDtype(teacher, student.dtype, "distillationKl: teacher");
  const isValid = validMask(options.isValid, student.shape.slice(0, -1), "distillationKl");

  // Selected before the softmax, whose slope would turn NaN behind the mask into a gradient of NaN.
  const isCounted = reshape(isValid, [...isValid.shape, 1]);
  const logProbabilities = (of: Tensor): Tensor => logSoftmax(mul(where(isCounted, of, 0), 1 / temperature));
  const [p, q] = DIVERGENCE_ORDER[direction](logProbabilities(student), stopGradient(logProbabilities(teacher)));
  const divergence = sum(mul(exp(p), sub(p, q)), -1); // [...]
  return mul(maskedMean(divergence, isValid), temperature ** 2);
}
