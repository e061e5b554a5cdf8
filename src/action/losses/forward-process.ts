/** @file The forward process of diffusion: a chunk with k steps of noise. */

import { tensorFrom, type Dtype } from "#engine/array";
import { add, assertDtype, assertShape, constant, gather, mul, reshape, type Tensor } from "#engine/graph";
import type { NoiseSchedule } from "./noise-schedule.ts";
import type { ForwardEnds, NoiseRates } from "./prediction-type.ts";

/** A clean chunk, its noise, and how far to go from one to the other. */
export interface ForwardBatch extends ForwardEnds {
  /** i64[B] diffusion step of each chunk, in [0, steps); all its H steps and A numbers share it. */
  readonly step: Tensor;
}

/**
 * x_k = √ᾱ_k·a + √(1 - ᾱ_k)·ε
 *
 * @returns f32[B, H, A]
 * @throws ShapeError when noise or steps do not go with the actions
 *
 * Source: Ho et al. 2020, arXiv:2006.11239, eq. 4.
 */
export function addNoise(batch: ForwardBatch, schedule: NoiseSchedule): Tensor {
  const { actions, noise, step } = batch;
  assertShape(noise, actions.shape, "addNoise: noise");
  assertDtype(step, "i64", "addNoise: step");
  assertShape(step, actions.shape.slice(0, 1), "addNoise: step");
  return mix(batch, noiseRates(schedule, step, actions.dtype));
}

/** The same mixture, where the rates are at hand. */
export function mix({ actions, noise }: ForwardEnds, rates: NoiseRates): Tensor {
  return add(mul(rates.signal, actions), mul(rates.noise, noise));
}

/**
 * √ᾱ_k and √(1 - ᾱ_k) for the step of each chunk, f32[B, 1, 1]. Worked out in float64 on the host: 1 - ᾱ of the first step
 * of 1000 is 10⁻⁴, of which float32 would keep three digits.
 *
 * @param step i64[B]; ONNX Runtime stops on a step outside the schedule
 */
export function noiseRates(schedule: NoiseSchedule, step: Tensor, dtype: Dtype): { signal: Tensor; noise: Tensor } {
  const at = (value: (alphaBar: number) => number): Tensor => perStep(schedule.alphaBars.map(value), step, dtype);
  return { signal: at(Math.sqrt), noise: at((alphaBar) => Math.sqrt(1 - alphaBar)) };
}

/** The entry of a host table for the step of each chunk, f32[B, 1, 1]. */
export function perStep(table: Float64Array, step: Tensor, dtype: Dtype): Tensor {
  return reshape(gather(constant(tensorFrom(dtype, [table.length], table)), step), [-1, 1, 1]);
}
