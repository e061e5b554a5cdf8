/** @file Activations built from cheaper ops: silu, mish. */

import type { Tensor } from "../tensor.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";
import { tanhSoftplus } from "./tanh-softplus.ts";

/**
 * x·σ(x), also called swish.
 *
 * Source: Hendrycks and Gimpel 2016, arXiv:1606.08415; Ramachandran et al. 2017, arXiv:1710.05941.
 */
export function silu(x: Tensor): Tensor {
  return mul(x, sigmoid(x));
}

/**
 * x·tanh(softplus(x))
 *
 * Source: Misra 2019, arXiv:1908.08681.
 */
export function mish(x: Tensor): Tensor {
  return mul(x, tanhSoftplus(x));
}
