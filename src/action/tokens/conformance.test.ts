/** @file Laws of every tokenizer of single actions. */

import { describe, expect, test } from "vitest";
import { rng } from "#engine/array";
import { fitCodec, gridCodec, SCHEME_NAMES, TokenError, type CodecSpec, type SchemeName } from "./index.ts";

const ROWS = 400;
/** The action sizes each scheme is tried with. */
const SIZES: Readonly<Record<SchemeName, readonly number[]>> = {
  rt1: [1, 2, 7],
  rt2: [8],
  openvla: [2, 7],
  octo: [2, 7],
  spatialvla: [7],
  planar: [2],
};

/** f32[rows · A], normal around 0.1, inside [-1, 1]; RT-2's first number says whether to stop, 0 or 1. */
function actionRows(name: SchemeName, actionSize: number): Float32Array {
  const rows = new Float32Array(ROWS * actionSize);
  rng(7, "rows", actionSize).fillNormal(rows);
  return rows.map((value, i) => {
    if (name === "rt2" && i % actionSize === 0) return value > 1 ? 1 : 0;
    return Math.max(-1, Math.min(1, 0.1 + 0.4 * value));
  });
}

const actionsOf = (rows: Float32Array, actionSize: number): Float32Array[] =>
  Array.from({ length: rows.length / actionSize }, (_, i) => rows.subarray(i * actionSize, (i + 1) * actionSize));

const VARIANTS: Readonly<Record<SchemeName, readonly Readonly<Record<string, unknown>>[]>> = {
  rt1: [{}, { bins: 16 }],
  rt2: [{}],
  openvla: [{}],
  octo: [{}, { binning: "normal" }, { bins: 5 }],
  spatialvla: [{}, { minSigma: 0 }, { zeroCell: true }, { decoding: "mean" }, { zeroCell: true, decoding: "mean" }, { gaussians: null }],
  planar: [{}, { minSigma: 0.5, phiBins: 7, rBins: 3 }, { zeroCell: true }, { decoding: "mean" }, { gaussians: null }],
};

const CASES = SCHEME_NAMES.flatMap((name) =>
  SIZES[name].flatMap((size) => VARIANTS[name].map((options) => ({ name, size, options, title: `${name} ${size}-D ${JSON.stringify(options)}` }))),
);

function fitted({ name, size, options }: (typeof CASES)[number]) {
  const rows = actionRows(name, size);
  const spec = fitCodec(name, rows, size, options);
  const codec = gridCodec(spec);
  return { rows, spec, codec, ids: new Int32Array(codec.slots.length), decoded: new Float64Array(size) };
}

describe.each(CASES)("$title", (each) => {
  const { name, size } = each;
  const { rows, spec, codec, ids, decoded } = fitted(each);

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
    const means = Array.from({ length: size }, (_, dim) => actions.reduce((sum, action) => sum + (action[dim] ?? NaN), 0) / ROWS);
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

describe.each(CASES)("bad input of $title", (each) => {
  const { name, size } = each;
  const { codec, ids, decoded } = fitted(each);

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
