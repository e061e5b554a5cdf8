/** @file Activations built from cheaper ops: silu, softplus, mish. */

import type { Tensor } from "../tensor.ts";
import { abs } from "./abs.ts";
import { add } from "./add.ts";
import { clip } from "./clip.ts";
import { div } from "./div.ts";
import { exp } from "./exp.ts";
import { log } from "./log.ts";
import { mul } from "./mul.ts";
import { neg } from "./neg.ts";
import { relu } from "./relu.ts";
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
 * ln(1 + eˣ), stable for large |x|: max(x, 0) + ln(1 + e^(-|x|)).
 *
 * Written out because ONNX Runtime's own `Softplus` kernel is ten times slower than its `Exp`.
 */
export function softplus(x: Tensor): Tensor {
  return add(relu(x), log(add(exp(neg(abs(x))), 1)));
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
