/** @file Laws of weighted aggregation with weights of one's own. */

import { expect, test } from "vitest";
import { weightedAggregation } from "./weighted-aggregation.ts";

const sizes = { horizon: 3, executeSteps: 1, actionSize: 1 };

test("the weighting sees all predictions for the tick, oldest first, and its weights are normalized", () => {
  const seen: number[][] = [];
  const control = weightedAggregation("latestThird", sizes, ({ count, values }, exponents) => {
    seen.push([...values.subarray(0, count)]);
    exponents.fill(0);
    exponents[count - 1] = Math.log(2);
  });
  const out = new Float64Array(1);
  const outputs = [[0, 1, 2], [10, 11, 12], [20, 21, 22], [30, 31, 32]].map((chunk) => {
    control.refill(chunk);
    control.next(out);
    return out[0];
  });
  expect(seen).toEqual([[0], [1, 10], [2, 11, 20], [12, 21, 30]]);
  [0, (1 + 2 * 10) / 3, (2 + 11 + 2 * 20) / 4, (12 + 21 + 2 * 30) / 4].forEach((expected, i) =>
    expect(outputs[i]).toBeCloseTo(expected, 12),
  );
});

test("weights may leave predictions out altogether", () => {
  const control = weightedAggregation("latest", sizes, ({ count }, exponents) => {
    exponents.fill(-Infinity);
    exponents[count - 1] = 0;
  });
  const out = new Float64Array(1);
  for (const chunk of [[0, 1, 2], [10, 11, 12]]) {
    control.refill(chunk);
    control.next(out);
  }
  expect([...out]).toEqual([10]);
});

test("its name begins the errors", () => {
  expect(() => weightedAggregation("latest", { ...sizes, executeSteps: 0 }, () => undefined)).toThrow("latest: executeSteps is 0");
});
