/** @file Initial values of parameters. */

import type { Initializer } from "./parameters.ts";

export const zeros: Initializer = (out) => void out.fill(0);

export const ones: Initializer = (out) => void out.fill(1);

/** Independent normals with mean 0 and this standard deviation. */
export function normal(deviation: number): Initializer {
  return (out, random) => {
    random.fillNormal(out);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) * deviation;
  };
}

/** Uniform in [-bound, bound). */
export function uniform(bound: number): Initializer {
  return (out, random) => {
    for (let i = 0; i < out.length; i++) out[i] = (2 * random.uniform() - 1) * bound;
  };
}

/**
 * Uniform in ±1/√(inputs of one output): what PyTorch's Linear and Conv use for weights and biases
 * (Kaiming uniform with a = √5, He et al. 2015, arXiv:1502.01852).
 */
export function fanIn(inputs: number): Initializer {
  return uniform(1 / Math.sqrt(inputs));
}

/**
 * Normal with deviation √(2/outputs), `outputs` of one input: keeps the size of gradients through layers with ReLU
 * (He et al. 2015, arXiv:1502.01852, equation 14; PyTorch's `kaiming_normal_` with `mode="fan_out"`).
 */
export function fanOut(outputs: number): Initializer {
  return normal(Math.sqrt(2 / outputs));
}
