/** @file One head for robots of different size: actions are padded to its own. */

import { assertShape, concat, fill, slice, type Tensor } from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import type { ActionHead } from "./head.ts";

/**
 * A head of P numbers for a robot of A ≤ P: its actions come first, zeros behind them. Parameters are those of P, so robots of any size share them.
 *
 * The zeros are learned as well, as openpi has it, so that the padded part of a chunk goes from noise to zero in sampling as it does in training; what is
 * left out of the loss would drift as it likes, and is read by the network at the next step.
 *
 * @throws RangeError when the robot has more numbers than the head, or none
 *
 * Source: openpi, src/openpi/transforms.py `PadStatesAndActions` and src/openpi/models/pi0.py `compute_loss` at 15a9616.
 */
export function paddedActions<P extends ParameterTree, C>(head: ActionHead<P, string, C>, actionSize: number): ActionHead<P, string, C> {
  const { horizon, actionSize: padded } = head.chunk;
  if (!Number.isInteger(actionSize) || actionSize < 1 || actionSize > padded) {
    throw new RangeError(`paddedActions: actions have ${actionSize} numbers, expected 1 to the head's ${padded}`);
  }
  if (actionSize === padded) return head;
  const { parameters, hostInputs, noiseShape } = head;
  return {
    chunk: { horizon, actionSize },
    parameters,
    hostInputs,
    noiseShape,
    loss(params, cond, targets, inputs) {
      const [batch = 0] = targets.actions.shape;
      assertShape(targets.actions, [batch, horizon, actionSize], "paddedActions: actions");
      return head.loss(params, cond, { ...targets, actions: zeroPadded(targets.actions, padded) }, inputs);
    },
    sample: (params, cond, noise) => slice(head.sample(params, cond, noise), 2, 0, actionSize),
  };
}

/** Zeros behind the last axis, up to `size` numbers. */
export function zeroPadded(x: Tensor, size: number): Tensor {
  const missing = size - (x.shape.at(-1) ?? 0);
  return missing === 0 ? x : concat([x, fill([...x.shape.slice(0, -1), missing], 0, x.dtype)], x.shape.length - 1);
}
