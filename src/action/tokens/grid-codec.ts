/** @file What every grid codec shares: its checks, and decoding by table lookup. */

import { TokenError, type GridCodec, type TokenSlot } from "./codec.ts";

export interface GridRules {
  readonly scheme: string;
  /** A */
  readonly actionSize: number;
  readonly slots: readonly TokenSlot[];
  /**
   * Write one id per slot and return how many values were clamped. Lengths are right and no value is NaN; infinite values count as
   * values outside the bins.
   */
  encode(action: ArrayLike<number>, ids: Int32Array): number;
  readonly absoluteId?: (id: number) => number;
}

/** A codec that refuses wrong lengths, NaN and illegal ids, and decodes from the centers of its slots. */
export function gridCodecOf(rules: GridRules): GridCodec {
  const { scheme, actionSize, slots } = rules;
  return {
    scheme,
    actionSize,
    slots,
    vocabulary: Math.max(...slots.map(({ offset, size }) => offset + size)),
    encode(action, ids) {
      assertLength(action, actionSize, `${scheme}: the action has`);
      assertLength(ids, slots.length, `${scheme}: the place for ids has`);
      for (let i = 0; i < actionSize; i++) {
        if (Number.isNaN(action[i])) throw new RangeError(`${scheme}: dimension ${i} of the action is not a number`);
      }
      return rules.encode(action, ids);
    },
    decode(ids, action) {
      assertLength(action, actionSize, `${scheme}: the place for the action has`);
      if (ids.length !== slots.length) throw wrongTokenCount(rules, ids.length);
      for (let position = 0; position < slots.length; position++) {
        const slot = slots[position];
        if (slot === undefined) continue;
        const { offset, size, dims, centers } = slot;
        const row = (ids[position] ?? NaN) - offset;
        if (!(row >= 0 && row < size && Number.isInteger(row))) throw illegalToken(rules, ids[position], position);
        for (let d = 0; d < dims.length; d++) action[dims[d] ?? 0] = centers[row * dims.length + d] ?? 0;
      }
    },
    ...(rules.absoluteId === undefined ? {} : { absoluteId: rules.absoluteId }),
  };
}

function assertLength(values: ArrayLike<number>, expected: number, who: string): void {
  if (values.length !== expected) throw new RangeError(`${who} ${values.length} numbers, expected ${expected}`);
}

function wrongTokenCount({ scheme, slots }: GridRules, length: number): TokenError {
  const position = Math.min(length, slots.length);
  return new TokenError(`${scheme}: an action is ${slots.length} tokens, got ${length} (position ${position})`, position);
}

function illegalToken({ scheme, slots }: GridRules, id: number | undefined, position: number): TokenError {
  const { offset = 0, size = 0 } = slots[position] ?? {};
  return new TokenError(`${scheme}: token ${id} at position ${position}, expected ${offset} to ${offset + size - 1}`, position);
}
