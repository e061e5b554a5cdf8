/** @file Laws of every tokenizer of single actions. */

import { describe, expect, test } from "vitest";
import { CODEC_CASES, fittedCodec } from "#testing";
import { gridCodec, TokenError, type CodecSpec } from "./index.ts";

const actionsOf = (rows: Float32Array, actionSize: number): Float32Array[] =>
  Array.from({ length: rows.length / actionSize }, (_, i) => rows.subarray(i * actionSize, (i + 1) * actionSize));

describe.each(CODEC_CASES)("$title", (each) => {
  const { name, size } = each;
  const { rows, spec, codec, ids, decoded } = fittedCodec(each);

  test("says what it is", () => {
    expect([codec.scheme, codec.actionSize]).toEqual([name, size]);
    expect(codec.vocabulary).toBe(Math.max(...codec.slots.map((slot) => slot.offset + slot.size)));
    expect(codec.slots.flatMap(({ dims }) => dims).toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
    for (const slot of codec.slots) expect(slot.centers).toHaveLength(slot.size * slot.dims.length);
  });

  test("ids lie in their slots, and decode to the center of their cell", () => {
    for (const action of actionsOf(rows, size)) {
      expect(codec.encode(action, ids)).toBe(0);
      codec.decode(ids, decoded);
      codec.slots.forEach(({ offset, size: cells, dims, centers }, i) => {
        const row = (ids[i] ?? NaN) - offset;
        expect(row >= 0 && row < cells).toBe(true);
        expect(dims.map((dim) => decoded[dim])).toEqual([...centers.subarray(row * dims.length, (row + 1) * dims.length)]);
      });
    }
  });

  test("an action decodes to something nearer than the mean of all actions", () => {
    const actions = actionsOf(rows, size);
    const means = Array.from({ length: size }, (_, dim) => actions.reduce((sum, action) => sum + (action[dim] ?? NaN), 0) / actions.length);
    let [error, spread] = [0, 0];
    for (const action of actions) {
      codec.encode(action, ids);
      codec.decode(ids, decoded);
      action.forEach((value, dim) => {
        error += (value - (decoded[dim] ?? NaN)) ** 2;
        spread += (value - (means[dim] ?? NaN)) ** 2;
      });
    }
    expect(error).toBeLessThan(0.25 * spread);
  });

  test("a spec that went through JSON makes the same codec", () => {
    const again: CodecSpec = JSON.parse(JSON.stringify(spec));
    expect(again).toEqual(spec);
    expect(gridCodec(again).slots).toEqual(codec.slots);
  });
});

describe.each(CODEC_CASES)("bad input of $title", (each) => {
  const { name, size } = each;
  const { codec, ids, decoded } = fittedCodec(each);

  test("values outside the bins are counted, and get the ids of the nearest values inside", () => {
    const far = 50;
    const outside = Float64Array.from({ length: size }, (_, i) => (i % 2 === 0 ? far : -far));
    const inside = ids.slice();
    expect(codec.encode(outside, ids)).toBe(size);
    expect(codec.encode(outside.map((value) => value * 2), inside)).toBe(size);
    expect([...inside]).toEqual([...ids]);
    codec.decode(ids, decoded);
    decoded.forEach((value, i) => expect(Math.sign(value)).toBe(i % 2 === 0 ? 1 : -1));
    expect(codec.encode(Float64Array.from(outside, (value) => value * Infinity), inside)).toBe(size);
    expect([...inside]).toEqual([...ids]);
  });

  test("a value that is not a number is refused by its dimension", () => {
    const action = new Float64Array(size);
    action[size - 1] = NaN;
    expect(() => codec.encode(action, ids)).toThrow(new RangeError(`${name}: dimension ${size - 1} of the action is not a number`));
    expect(() => codec.encode(new Float64Array(size + 1), ids)).toThrow(`expected ${size}`);
  });

  test("illegal ids and cut off or overlong sequences are refused with their position", () => {
    codec.encode(new Float64Array(size), ids);
    const positionOf = (tokens: ArrayLike<number>): number => {
      try {
        codec.decode(tokens, decoded);
      } catch (error) {
        if (error instanceof TokenError) return error.position;
        throw error;
      }
      return -1;
    };
    codec.slots.forEach(({ offset, size: cells }, position) => {
      for (const wrong of [offset - 1, offset + cells, NaN, offset + 0.5]) {
        expect(positionOf(Array.from(ids, (id, i) => (i === position ? wrong : id)))).toBe(position);
      }
      expect(positionOf(ids.subarray(0, position))).toBe(position);
    });
    expect(positionOf([...ids, 0])).toBe(codec.slots.length);
    expect(positionOf(ids)).toBe(-1);
  });
});
