/** @file One head for robots of different size: actions are padded to its own, and what a robot does not have is not learned. */

import { tensorFrom } from "#engine/array";
import { assertShape, concat, constant, fill, slice, type Tensor } from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import type { ActionHead } from "./head.ts";
import type { Pi0Targets } from "./pi0.ts";

/**
 * A head of P numbers for a robot of A ≤ P: its actions come first, zeros behind them, and errors in those do not count (with π0's reductions `valid` and
 * `real-dims`). Parameters are those of P, so robots of any size share them.
 *
 * @param head one whose loss reads `isReal`
 * @throws RangeError when the robot has more numbers than the head, or none
 */
export function paddedActions<P extends ParameterTree, C>(head: ActionHead<P, string, C>, actionSize: number): ActionHead<P, string, C> {
  const { horizon, actionSize: padded } = head.chunk;
  if (!Number.isInteger(actionSize) || actionSize < 1 || actionSize > padded) {
    throw new RangeError(`paddedActions: actions have ${actionSize} numbers, expected 1 to the head's ${padded}`);
  }
  if (actionSize === padded) return head;
  return {
    ...head,
    chunk: { horizon, actionSize },
    loss(params, cond, { actions, isPad }, inputs) {
      const [batch = 0] = actions.shape;
      assertShape(actions, [batch, horizon, actionSize], "paddedActions: actions");
      const isReal = constant(tensorFrom("bool", [batch, padded], Array.from({ length: batch * padded }, (_, i) => Number(i % padded < actionSize))));
      const targets: Pi0Targets = { actions: zeroPadded(actions, padded), isPad, isReal };
      return head.loss(params, cond, targets, inputs);
    },
    sample: (params, cond, noise) => slice(head.sample(params, cond, noise), 2, 0, actionSize),
  };
}

/** Zeros behind the last axis, up to `size` numbers. */
export function zeroPadded(x: Tensor, size: number): Tensor {
  const missing = size - (x.shape.at(-1) ?? 0);
  return missing === 0 ? x : concat([x, fill([...x.shape.slice(0, -1), missing], 0, x.dtype)], x.shape.length - 1);
}
