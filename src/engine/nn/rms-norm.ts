/** @file Root-mean-square normalization with a learned gain, and the one whose gain, shift and gate follow from a condition. */

import { add, mul, rmsNorm as normalize, rmsNormalize, ShapeError, slice, type Tensor } from "#engine/graph";
import { zeros } from "./initializers.ts";
import { linear, zeroLinearSpec, type LinearSpec } from "./linear.ts";
import { parameter, type ParameterRole, type ParameterSpec, type Traced } from "./parameters.ts";

/** `weight` f32[width] is what is added to 1, so zeros change nothing. */
export interface RmsNormSpec {
  readonly [name: string]: ParameterSpec;
  readonly weight: ParameterSpec;
}

export function rmsNormSpec(width: number, role: ParameterRole): RmsNormSpec {
  return { weight: parameter([width], zeros, { decay: false, role }) };
}

/**
 * x / √(mean x² + ε) · (1 + weight) over the last axis.
 *
 * @param x f32[..., width]
 *
 * Source: Zhang and Sennrich 2019, arXiv:1910.07467; the gain as an offset from 1 as in Gemma, arXiv:2403.08295.
 */
export function rmsNorm(p: Traced<RmsNormSpec>, x: Tensor, epsilon: number = 1e-6): Tensor {
  return normalize(x, add(p.weight, 1), epsilon);
}

/** One linear map from the condition to gain, shift and gate, in this order. */
export interface AdaptiveRmsNormSpec {
  readonly [name: string]: LinearSpec;
  readonly dense: LinearSpec;
}

/** Starts as plain normalization behind a closed gate. */
export function adaptiveRmsNormSpec(condSize: number, width: number, role: ParameterRole): AdaptiveRmsNormSpec {
  return { dense: zeroLinearSpec(condSize, 3 * width, role) };
}

/** Gain, shift and gate of every token or, with N = 1, of all alike: f32[B, N, width] each. */
export interface RmsModulation {
  readonly scale: Tensor;
  readonly shift: Tensor;
  readonly gate: Tensor;
}

/** @param cond f32[B, N, C] */
export function rmsModulation(p: Traced<AdaptiveRmsNormSpec>, cond: Tensor): RmsModulation {
  const width = (p.dense.weight.shape[0] ?? 0) / 3;
  if (cond.shape.length !== 3) throw new ShapeError(`rmsModulation: cond is f32[${cond.shape.join(", ")}], expected [B, N, C]`);
  const all = linear(p.dense, cond);
  const part = (i: number): Tensor => slice(all, 2, i * width, (i + 1) * width);
  return { scale: part(0), shift: part(1), gate: part(2) };
}

/**
 * x / √(mean x² + ε) · (1 + scale) + shift; the gate is for what is made of it.
 *
 * @param x f32[B, N, width]
 *
 * Source: openpi, src/openpi/models/gemma.py `RMSNorm` at 15a9616, of π0.5, arXiv:2504.16054.
 */
export function adaptiveRmsNorm({ scale, shift }: RmsModulation, x: Tensor, epsilon: number = 1e-6): Tensor {
  return add(mul(rmsNormalize(x, epsilon), add(scale, 1)), shift);
}
