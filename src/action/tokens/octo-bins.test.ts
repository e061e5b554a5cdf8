import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gridCodec, type CodecSpecInput } from "./index.ts";

interface Case {
  readonly tokens: number[];
  readonly decoded: number[];
  readonly threshold_0: number;
  readonly threshold_last: number;
}
interface Golden extends Readonly<Record<"uniform_-1_1" | "uniform_0_1" | "normal_0_1", Case>> {
  readonly x: number[];
}
const golden: Golden = JSON.parse(readFileSync("fixtures/golden/tokens/octo_bins.json", "utf8"));

test.each([
  ["uniform_-1_1", { bounds: [-1, 1] }],
  ["uniform_0_1", { bounds: [0, 1] }],
  ["normal_0_1", { binning: "normal" }],
] as const)("ids of %s are exact and values within 1e-12, but for values that upstream wraps round", (key, options) => {
  const codec = gridCodec({ scheme: "octo", actionSize: 1, ...options } as CodecSpecInput);
  const { tokens, decoded, threshold_0, threshold_last } = golden[key];
  const ids = new Int32Array(1);
  const action = new Float64Array(1);
  const wrapped: [number, number | undefined][] = [];
  const agrees = golden.x.map((value, i) => {
    expect(codec.encode([value], ids)).toBe(value < threshold_0 || value > threshold_last ? 1 : 0);
    codec.decode(ids, action);
    const wraps = key === "normal_0_1" && Math.abs(value) > threshold_last;
    if (wraps) wrapped.push([value, ids[0]]);
    return wraps || (ids[0] === tokens[i] && Math.abs((action[0] ?? NaN) - (decoded[i] ?? NaN)) < 1e-12);
  });
  expect(agrees.indexOf(false)).toBe(-1);
  // Upstream gives all three the id 0.
  expect(wrapped).toEqual(key === "normal_0_1" ? [[-6, 0], [6, 255], [-4.76, 0]] : []);
});
