/** @file Laws of adaptive ensembling: what points another way counts less. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { adaptiveEnsemble, type AdaptiveEnsembleOptions } from "./adaptive-ensemble.ts";

interface Golden {
  readonly "chunks_[T,H,D]": readonly (readonly number[][])[];
  readonly AdaptiveEnsembler: Readonly<Record<string, readonly number[][]>>;
}

const golden = JSON.parse(readFileSync("fixtures/golden/tokens/spatialvla_ensembler.json", "utf8")) as Golden;

function run(options: AdaptiveEnsembleOptions, chunks: readonly (readonly number[])[]): number[][] {
  const control = adaptiveEnsemble(options);
  const out = new Float64Array(options.actionSize);
  return chunks.map((chunk) => {
    control.refill(chunk);
    control.next(out);
    return [...out];
  });
}

test.each(["0.0", "0.1", "1.0"])("with α = %s the outputs equal the golden ones of CogACT's ensembler", (alpha) => {
  const chunks = golden["chunks_[T,H,D]"].map((chunk) => chunk.flat());
  const outputs = run({ horizon: 4, actionSize: 7, alpha: Number(alpha) }, chunks).flat();
  const expected = golden.AdaptiveEnsembler[alpha]?.flat() ?? [];
  expect(outputs.length).toBe(expected.length);
  outputs.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 14));
});

// The older prediction is opposite, cos = -1: weights e^-1 and e^1 with α = 1.
test("a prediction that points the other way weighs exp(-2α) of the newest", () => {
  const [, second] = run({ horizon: 2, actionSize: 2, alpha: 1 }, [[0, 0, -1, 0], [1, 0, 0, 0]]);
  expect(second?.[0]).toBeCloseTo(Math.tanh(1), 6);
});

test("an action that is exactly zero is like no other, and counts", () => {
  const [, second] = run({ horizon: 2, actionSize: 1, alpha: 1 }, [[5, 0], [4, 0]]);
  expect(second?.[0]).toBeCloseTo((4 * Math.E) / (1 + Math.E), 6);
});

test.each([-0.1, NaN, Infinity])("alpha %f is refused by name", (alpha) => {
  expect(() => adaptiveEnsemble({ horizon: 2, actionSize: 1, alpha })).toThrow(
    new RangeError(`adaptiveEnsemble: alpha is ${alpha}, expected a finite number of at least 0`),
  );
});
