/** @file Laws of the linear assignment problem. */

import { expect, test } from "vitest";
import { goldenVectors, normals } from "#testing";
import { minimumCostAssignment } from "./minimum-cost-assignment.ts";

const totalCost = (costs: ArrayLike<number>, columns: ArrayLike<number>): number =>
  Array.from(columns).reduce((total, column, row) => total + (costs[row * columns.length + column] ?? NaN), 0);
function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((shorter) => Array.from({ length: n }, (_, at) => [...shorter.slice(0, at), n - 1, ...shorter.slice(at)]));
}

test("the assignment equals the golden one, and so does its cost", () => {
  const golden = goldenVectors("loss_vectors/losses_flow");
  const costs = golden("ot_cfm.cost");
  const columns = minimumCostAssignment(Float64Array.from(costs), 5);
  expect([...columns]).toEqual(golden("ot_cfm.assign_x0_to_x1"));
  expect(totalCost(costs, columns)).toBeCloseTo(golden("ot_cfm.cost_total")[0] ?? NaN, 12);
  expect(totalCost(costs, [0, 1, 2, 3, 4])).toBeCloseTo(golden("ot_cfm.cost_identity")[0] ?? NaN, 12);
});

test.each([1, 2, 3, 4, 5, 6, 7])("no permutation of %i rows costs less", (n) => {
  for (let seed = 0; seed < 20; seed++) {
    // Whole numbers, so that there are ties; negative costs are costs too.
    const costs = Float64Array.from(normals(n * n, seed), (value) => Math.round(3 * value));
    const columns = minimumCostAssignment(costs, n);
    const least = Math.min(...permutations(n).map((order) => totalCost(costs, order)));
    expect(totalCost(costs, columns)).toBe(least);
  }
});

test("the result is a permutation, also where all costs are equal", () => {
  for (const costs of [new Float64Array(2500), Float64Array.from(normals(2500, 3))]) {
    expect([...minimumCostAssignment(costs, 50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  }
});

test("costs that are not square, or not finite, are refused", () => {
  expect(() => minimumCostAssignment(new Float64Array(5), 2)).toThrow("minimumCostAssignment: 5 costs, expected 2·2");
  expect(() => minimumCostAssignment(Float64Array.of(1, 2, Infinity, 4), 2)).toThrow("the cost of row 1 and column 0 is Infinity");
});
