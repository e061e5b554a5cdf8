import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gridCodec } from "./index.ts";

interface Golden {
  readonly specs: Readonly<Record<string, readonly [number, number]>>;
  readonly cases: Readonly<Record<string, { readonly x: number[]; readonly tokens: number[]; readonly decoded: number[] }>>;
}
const golden: Golden = JSON.parse(readFileSync("fixtures/golden/tokens/rt1_256.json", "utf8"));

test.each(Object.keys(golden.specs))("ids and decoded values of %s equal the golden ones to the last bit", (name) => {
  const [low = NaN, high = NaN] = golden.specs[name] ?? [];
  const codec = gridCodec({ scheme: "rt1", bounds: [[low, high]] });
  const { x = [], tokens = [], decoded = [] } = golden.cases[name] ?? {};
  expect(x.length).toBeGreaterThan(60);
  const ids = new Int32Array(1);
  const action = new Float64Array(1);
  x.forEach((value, i) => {
    codec.encode([value], ids);
    codec.decode(ids, action);
    expect([ids[0], action[0]]).toEqual([tokens[i], decoded[i]]);
  });
});

test("rounding down decodes half a step too low on average, and only the upper bound has the last id", () => {
  const codec = gridCodec({ scheme: "rt1", bounds: [[-1, 1]] });
  const ids = new Int32Array(1);
  const decoded = new Float64Array(1);
  const count = 100_000;
  let bias = 0;
  let highest = 0;
  for (let i = 0; i < count; i++) {
    const value = -1 + (2 * (i + 0.5)) / count;
    codec.encode([value], ids);
    highest = Math.max(highest, ids[0] ?? NaN);
    codec.decode(ids, decoded);
    bias += ((decoded[0] ?? NaN) - value) / count;
  }
  expect(bias).toBeCloseTo(-1 / 255, 4);
  expect(highest).toBe(254);
  codec.encode([1], ids);
  expect(ids[0]).toBe(255);
});
