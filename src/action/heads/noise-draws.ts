/** @file π0's head learned at several noises and times of each chunk, over one reading of what is observed. */

import { broadcastTo, reshape, type Tensor } from "#engine/graph";
import type { GemmaMemory, ParameterTree } from "#engine/nn";
import type { ActionHead, HostInput } from "./head.ts";
import type { Pi0Condition, Pi0Targets } from "./pi0.ts";

/**
 * The same head, whose loss is the mean over K noises and flow times of every chunk instead of one. Nothing else changes: parameters, chunks drawn, the expected loss.
 *
 * A gradient of flow matching varies more with the noise and the time than with the chunk, and the expert is a small part of a network whose
 * trunk reads images: K draws take the part of its variance that noise and time add down to a Kth, for the expert's work alone.
 *
 * @throws RangeError when `draws` is not a whole number of at least 1
 *
 * Source: `repeated_diffusion_steps` of CogACT, arXiv:2411.19650.
 */
export function withNoiseDraws<P extends ParameterTree>(head: ActionHead<P, string, Pi0Condition>, draws: number): ActionHead<P, string, Pi0Condition> {
  if (!Number.isInteger(draws) || draws < 1) throw new RangeError(`withNoiseDraws: draws is ${draws}, expected a whole number of at least 1`);
  if (draws === 1) return head;
  const hostInputs = Object.fromEntries(Object.entries(head.hostInputs).map(([name, given]) => [name, ofManyRows(given, draws)]));
  return {
    ...head,
    hostInputs,
    loss(params, { memory, state }, targets: Pi0Targets, inputs) {
      const repeat = (x: Tensor): Tensor => repeatRows(x, draws);
      const cond = { memory: repeatMemory(memory, repeat), ...(state === undefined ? {} : { state: repeat(state) }) };
      const { actions, isPad, isReal } = targets;
      const many: Pi0Targets = { actions: repeat(actions), isPad: repeat(isPad), ...(isReal === undefined ? {} : { isReal: repeat(isReal) }) };
      return head.loss(params, cond, many, inputs);
    },
  };
}

/** Draws of a batch K times as large; they do not look at the targets. */
function ofManyRows(given: HostInput, draws: number): HostInput {
  return { ...given, shape: (batch: number) => given.shape(draws * batch) };
}

function repeatMemory({ layers, mask, next }: GemmaMemory, repeat: (x: Tensor) => Tensor): GemmaMemory {
  return { layers: layers.map(({ keys, values }) => ({ keys: repeat(keys), values: repeat(values) })), mask: repeat(mask), next: repeat(next) };
}

/** [B, ...] → [B·K, ...], every row K times in a row. */
function repeatRows(x: Tensor, draws: number): Tensor {
  const [batch = 0, ...row] = x.shape;
  return reshape(broadcastTo(reshape(x, [batch, 1, ...row]), [batch, draws, ...row]), [batch * draws, ...row]);
}
