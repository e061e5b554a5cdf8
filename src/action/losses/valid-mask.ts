/** @file The mask of losses over values of any shape. */

import { tensorFrom, type Shape } from "#engine/array";
import { assertDtype, broadcastShapes, broadcastTo, constant, formatType, ShapeError, type Tensor } from "#engine/graph";

/**
 * `isValid` repeated to `shape`; all true without one.
 *
 * @param isValid bool, broadcast to `shape`
 * @param who names the caller in errors
 * @returns bool[...shape]
 * @throws ShapeError when the mask is not bool or does not broadcast to the shape
 */
export function validMask(isValid: Tensor | undefined, shape: Shape, who: string): Tensor {
  if (isValid === undefined) return broadcastTo(constant(tensorFrom("bool", [], [1])), shape);
  assertDtype(isValid, "bool", `${who}: isValid`);
  const common = broadcastShapes(isValid.shape, shape, `${who}: isValid`);
  if (common.join() !== shape.join()) {
    throw new ShapeError(`${who}: isValid is ${formatType(isValid)}, expected what broadcasts to [${shape.join(", ")}]`);
  }
  return broadcastTo(isValid, shape);
}
