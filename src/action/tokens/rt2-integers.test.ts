import { expect, test } from "vitest";
import { fitCodec, gridCodec } from "./index.ts";

const codec = gridCodec({ scheme: "rt2" });

test("an action is eight integers: whether to stop, then seven numbers binned as in RT-1", () => {
  const ids = new Int32Array(8);
  expect(codec.encode([0, -1, 0, 1, -0.5, 0.5, 0.25, 1], ids)).toBe(0);
  // ⌊(a + 1)/2 · 255⌋
  expect([...ids].join(" ")).toBe("0 0 127 255 63 191 159 255");
  const decoded = new Float64Array(8);
  codec.decode(ids, decoded);
  expect([decoded[0], decoded[1], decoded[3], decoded[7]]).toEqual([0, -1, 1, 1]);
  expect(decoded[2]).toBeCloseTo((127 / 255) * 2 - 1, 6);
});

test("the first integer is 0 or 1 and splits at one half", () => {
  const ids = new Int32Array(8);
  const stop = (value: number): [number, number | undefined] => [codec.encode([value, 0, 0, 0, 0, 0, 0, 0], ids), ids[0]];
  expect([0, 0.49, 0.5, 1, 2, -1].map(stop)).toEqual([[0, 0], [0, 0], [0, 1], [0, 1], [1, 1], [1, 0]]);
  expect(codec.slots[0]?.size).toBe(2);
  expect(() => codec.decode([2, 0, 0, 0, 0, 0, 0, 0], new Float64Array(8))).toThrow("rt2: token 2 at position 0, expected 0 to 1");
});

test("a fit takes bounds from all but the first number, and eight numbers alone", () => {
  const rows = Float32Array.of(0, -1, -2, -3, -4, -5, -6, 0, 1, 1, 2, 3, 4, 5, 6, 1);
  expect(fitCodec("rt2", rows, 8)).toMatchObject({ bounds: [[-1, 1], [-2, 2], [-3, 3], [-4, 4], [-5, 5], [-6, 6], [0, 1]] });
  expect(() => fitCodec("rt2", rows.subarray(0, 14), 7)).toThrow("rt2: actions have 7 dimensions, expected 8");
});
