/** @file Constants made inside a graph. */

import { tensorFrom, type Dtype, type Shape } from "#engine/array";
import { constant, type Tensor } from "../tensor.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { mul } from "./mul.ts";

/** A tensor of `shape` that holds one value everywhere. */
export function fill(shape: Shape, value: number, dtype: Dtype = "f32"): Tensor {
  return broadcastTo(constant(tensorFrom(dtype, [], [value])), shape);
}

/** x² */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}
