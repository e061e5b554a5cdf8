/** @file Integers as indicator vectors. */

import { tensorFrom, type Dtype } from "#engine/array";
import { assertDtype, ShapeError } from "../shape.ts";
import { constant, type Tensor } from "../tensor.ts";
import { cast } from "./cast.ts";
import { equal } from "./compare.ts";
import { reshape } from "./reshape.ts";

/**
 * 1 at the place an id names, 0 elsewhere. An id outside [0, K) gives a row of zeros. No gradient.
 *
 * @param ids i64[...] in [0, K)
 * @param K how many ids there are, ≥ 1
 * @param dtype of the result; "bool" gives a mask to choose with
 * @returns [...ids.shape, K]
 * @throws ShapeError when `ids` are not integers or K is not a count
 */
export function oneHot(ids: Tensor, K: number, dtype: Dtype = "f32"): Tensor {
  assertDtype(ids, "i64", "oneHot: ids");
  if (!Number.isInteger(K) || K < 1) throw new ShapeError(`oneHot: K is ${K}, expected a count of at least 1`);
  const all = constant(tensorFrom("i64", [K], Array.from({ length: K }, (_, id) => id)));
  return cast(equal(reshape(ids, [...ids.shape, 1]), all), dtype);
}
