/** @file Activations built from cheaper ops: silu, mish. */

import type { Tensor } from "../tensor.ts";
import { add } from "./add.ts";
import { clip } from "./clip.ts";
import { div } from "./div.ts";
import { exp } from "./exp.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";

/**
 * x·σ(x), also called swish.
 *
 * Source: Hendrycks and Gimpel 2016, arXiv:1606.08415; Ramachandran et al. 2017, arXiv:1710.05941.
 */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/**
 * x·tanh(softplus(x)), through one exponential: with n = eˣ(eˣ + 2), tanh(ln(1 + eˣ)) = n / (n + 2).
 *
 * The exponential is clipped at x = 20, where the ratio is 1 to the last bit of a float32.
 *
 * Source: Misra 2019, arXiv:1908.08681.
 */
export function mish(x: Tensor): Tensor {
  const e = exp(clip(x, -Infinity, 20));
  const n = mul(e, add(e, 2));
  return mul(x, div(n, add(n, 2)));
}
