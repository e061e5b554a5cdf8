/** @file Laws of temporal ensembling: golden weights by age, late chunks, zeros that are meant. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporalEnsemble, type TemporalEnsembleOptions } from "./temporal-ensemble.ts";

interface Golden {
  readonly "chunks_[T,H,D]": readonly (readonly number[][])[];
  readonly ActionEnsembler: Readonly<Record<string, readonly number[][]>>;
}

const golden = JSON.parse(readFileSync("fixtures/golden/tokens/spatialvla_ensembler.json", "utf8")) as Golden;
const sizes = { horizon: 4, actionSize: 1 };

/** The actions of the ticks, with a chunk whenever one is due. */
function run(options: TemporalEnsembleOptions, chunks: readonly (readonly number[])[], ticks: number): number[][] {
  const control = temporalEnsemble(options);
  const out = new Float64Array(options.actionSize);
  const waiting = [...chunks];
  return Array.from({ length: ticks }, () => {
    if (control.isDue) control.refill(waiting.shift() ?? []);
    control.next(out);
    return [...out];
  });
}

const chunkAt = (k: number): number[] => [0, 1, 2, 3].map((step) => step + 10 * k);

// Printed by lerobot at 7427f31, `ACTTemporalEnsembler(0.01, 4)`, in float32.
test("the outputs are those of ACT's ensembling", () => {
  const outputs = run(sizes, [0, 1, 2, 3, 4].map(chunkAt), 5).flat();
  [0, 5.4775002, 10.94, 16.3875032, 26.3875032].forEach((expected, tick) => expect(outputs[tick]).toBeCloseTo(expected, 5));
});

test("the oldest prediction weighs most, by exp(-m·i)", () => {
  const [, second] = run({ ...sizes, decay: Math.log(3) }, [[0, 4, 0, 0], [8, 0, 0, 0]], 2);
  expect(second?.[0]).toBeCloseTo((3 * 4 + 8) / 4, 12);
});

test.each(["-0.8", "0.0", "0.8"])("with m = %s the outputs equal the golden ones of SpatialVLA's ensembler", (key) => {
  const chunks = golden["chunks_[T,H,D]"].map((chunk) => chunk.flat());
  const outputs = run({ horizon: 4, actionSize: 7, decay: Number(key) }, chunks, 8).flat();
  const expected = golden.ActionEnsembler[key]?.flat() ?? [];
  expect(outputs.length).toBe(expected.length);
  outputs.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 14));
});

test("an action that is exactly zero counts like any other", () => {
  const [, second] = run({ ...sizes, decay: 0 }, [[9, 0, 9, 9], [4, 9, 9, 9]], 2);
  expect(second).toEqual([2]);
});

test("every dimension is averaged for itself", () => {
  const [, second] = run({ horizon: 2, actionSize: 2, decay: 0 }, [[0, 0, 1, 10], [3, 30, 0, 0]], 2);
  expect(second).toEqual([2, 20]);
});

test("a chunk is due every E ticks, and only those that reach a tick count", () => {
  const outputs = run({ ...sizes, executeSteps: 2, decay: 0 }, [0, 1, 2].map(chunkAt), 6).flat();
  // Ticks 2 and 3 see steps 2 and 3 of the first chunk and 0 and 1 of the second, and so on.
  expect(outputs).toEqual([0, 1, (2 + 10) / 2, (3 + 11) / 2, (12 + 20) / 2, (13 + 21) / 2]);
});

test("where a chunk is late, the ones there are go on as long as they reach", () => {
  const control = temporalEnsemble({ ...sizes, decay: 0 });
  const out = new Float64Array(1);
  control.refill(chunkAt(0));
  for (const expected of [0, 1, 2, 3]) {
    control.next(out);
    expect([...out]).toEqual([expected]);
    expect(control.isDue).toBe(true);
  }
  expect(() => control.next(out)).toThrow("temporalEnsemble: no chunk reaches this tick; call refill first");
  control.refill(chunkAt(1));
  control.next(out);
  expect([...out]).toEqual([10]);
});

test("a second chunk for the same tick takes the place of the first", () => {
  const control = temporalEnsemble(sizes);
  const out = new Float64Array(1);
  control.refill(chunkAt(0));
  control.refill(chunkAt(5));
  control.next(out);
  expect([...out]).toEqual([50]);
});

test("after clear nothing old counts", () => {
  const control = temporalEnsemble(sizes);
  const out = new Float64Array(1);
  control.refill(chunkAt(0));
  control.next(out);
  control.clear();
  expect(control.isDue).toBe(true);
  expect(() => control.next(out)).toThrow("no chunk reaches this tick");
  control.refill(chunkAt(7));
  control.next(out);
  expect([...out]).toEqual([70]);
});

test("weights stay finite for long chunks and strong decay", () => {
  const horizon = 200;
  const chunks = Array.from({ length: horizon }, (_, k) => Array<number>(horizon).fill(k));
  expect(run({ horizon, actionSize: 1, decay: -10 }, chunks, horizon).at(-1)?.[0]).toBeCloseTo(199, 4);
});

test.each([
  [{ ...sizes, executeSteps: 5 }, "temporalEnsemble: executeSteps is 5, expected an integer from 1 to 4"],
  [{ ...sizes, decay: NaN }, "temporalEnsemble: decay is NaN, expected a finite number"],
])("wrong options are refused by name: %#", (options, message) => {
  expect(() => temporalEnsemble(options)).toThrow(new RangeError(message));
});

test("a chunk of another size is refused", () => {
  expect(() => temporalEnsemble(sizes).refill([1, 2, 3])).toThrow("temporalEnsemble: the chunk holds 3 values, expected 4");
});
