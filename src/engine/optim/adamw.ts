/** @file AdamW, clipping and moving averages as graphs: the portable reference, and what runs where no host pass can. */

import { add, div, minimum, mul, ShapeError, sqrt, sub, sum, type Operand, type Tensor } from "#engine/graph";

export interface AdamWOptions {
  /** Decay rates of the moments. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Decoupled decay of this parameter. Default 0.01; pass 0 for biases and gains. */
  readonly weightDecay?: number;
}

/** A parameter with its moments, all of one shape. */
export interface AdamWState {
  readonly parameter: Tensor;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
}

/**
 * One AdamW step of one parameter:
 *
 *     p ← p·(1 - lr·λ);  m ← β₁m + (1-β₁)g;  v ← β₂v + (1-β₂)g²
 *     p ← p - lr/(1-β₁ᵗ) · m / (√v/√(1-β₂ᵗ) + ε)
 *
 * @param gradient f32, the shape of the parameter
 * @param rates `lr`, and the bias corrections 1-β₁ᵗ and 1-β₂ᵗ with t counted from 1: f32[] each
 *
 * Source: Loshchilov and Hutter 2017, arXiv:1711.05101, algorithm 2, in PyTorch's order of operations.
 */
export function adamWUpdate(
  state: AdamWState,
  gradient: Tensor,
  rates: { readonly lr: Tensor; readonly correction1: Tensor; readonly correction2: Tensor },
  options: AdamWOptions = {},
): AdamWState {
  const { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = options;
  const firstMoment = emaUpdate(state.firstMoment, gradient, beta1);
  const secondMoment = emaUpdate(state.secondMoment, mul(gradient, gradient), beta2);
  const decayed = weightDecay === 0 ? state.parameter : mul(state.parameter, sub(1, mul(rates.lr, weightDecay)));
  const deviation = add(mul(sqrt(secondMoment), div(1, sqrt(rates.correction2))), eps);
  const step = mul(div(firstMoment, deviation), div(rates.lr, rates.correction1));
  return { parameter: sub(decayed, step), firstMoment, secondMoment };
}

/** d·average + (1 - d)·value, written average + (1 - d)·(value - average) so that a constant is kept exactly. */
export function emaUpdate(average: Tensor, value: Tensor, decay: Operand): Tensor {
  const rest = typeof decay === "number" ? 1 - decay : sub(1, decay);
  return add(average, mul(sub(value, average), rest));
}

/** √ Σ ‖g‖² over all gradients: f32[]. */
export function globalNorm(gradients: readonly Tensor[]): Tensor {
  const [first, ...rest] = gradients.map((g) => sum(mul(g, g)));
  if (first === undefined) throw new ShapeError("globalNorm: needs at least one gradient, got none");
  return sqrt(rest.reduce((a, b) => add(a, b), first));
}

/**
 * Scale gradients down so that their joint norm is at most `maxNorm`: factor min(1, maxNorm / (norm + 1e-6)).
 *
 * Source: Pascanu et al. 2013, arXiv:1211.5063; the 1e-6 is PyTorch's.
 */
export function clipByGlobalNorm(gradients: readonly Tensor[], maxNorm: number): Tensor[] {
  return clipTo(gradients, globalNorm(gradients), maxNorm);
}

/** `clipByGlobalNorm` where the joint norm, f32[], is known already. */
export function clipTo(gradients: readonly Tensor[], norm: Tensor, maxNorm: number): Tensor[] {
  const factor = minimum(div(maxNorm, add(norm, 1e-6)), 1);
  return gradients.map((g) => mul(g, factor));
}
