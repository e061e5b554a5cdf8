/** @file Distillation of Gaussian policies: the divergence between two predicted Gaussians in closed form. */

import { add, assertDtype, assertShape, exp, mul, neg, square, stopGradient, sub, type Tensor } from "#engine/graph";
import { DIVERGENCE_ORDER, type DivergenceDirection } from "./distillation-kl.ts";
import { selectCounted, weightedMean, type ChunkWeights } from "./weighted-mean.ts";

/** Independent normals, one per step and dimension; both f32[B, H, A]. */
export interface GaussianChunk {
  readonly mean: Tensor;
  /** ln σ². Clamp it where it is predicted: the divergence has σ² in a denominator. */
  readonly logVariance: Tensor;
}

export interface GaussianDistillationOptions extends ChunkWeights {
  /** `"forward"` KL(teacher ‖ student), the default; `"reverse"` KL(student ‖ teacher). */
  readonly direction?: DivergenceDirection;
}

/**
 * KL(N(μ_p, σ_p²) ‖ N(μ_q, σ_q²)) = ½·(s_q - s_p + (σ_p² + (μ_p - μ_q)²)·e^(-s_q) - 1) with s = ln σ², as a weighted mean over valid
 * steps and dimensions. The divergence of whole actions is the sum over the A dimensions: A times as much.
 *
 * @param teacher no gradient passes
 * @returns f32[] ≥ 0; 0 if nothing counts
 * @throws ShapeError, RangeError as `weightedMean`; ShapeError when student and teacher do not go together
 */
export function gaussianDistillation(student: GaussianChunk, teacher: GaussianChunk, options: GaussianDistillationOptions): Tensor {
  const { direction = "forward", ...weights } = options;
  const who = "gaussianDistillation";
  const { shape, dtype } = student.mean;
  const parts = { "student.logVariance": student.logVariance, "teacher.mean": teacher.mean, "teacher.logVariance": teacher.logVariance };
  for (const [name, tensor] of Object.entries(parts)) {
    assertShape(tensor, shape, `${who}: ${name}`);
    assertDtype(tensor, dtype, `${who}: ${name}`);
  }
  const counted = ({ mean, logVariance }: GaussianChunk): GaussianChunk => ({
    mean: selectCounted(mean, weights, who),
    logVariance: selectCounted(logVariance, weights, who),
  });
  const fixed = { mean: stopGradient(teacher.mean), logVariance: stopGradient(teacher.logVariance) };
  const [p, q] = DIVERGENCE_ORDER[direction](counted(student), counted(fixed));
  const spread = add(exp(sub(p.logVariance, q.logVariance)), mul(square(sub(p.mean, q.mean)), exp(neg(q.logVariance))));
  const divergence = mul(sub(add(sub(q.logVariance, p.logVariance), spread), 1), 0.5);
  return weightedMean(divergence, weights, who);
}
