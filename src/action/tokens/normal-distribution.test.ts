import { expect, test } from "vitest";
import { normalCdf, normalDensity, normalQuantile } from "./normal-distribution.ts";

// Computed with mpmath 1.3.0 at 60 digits: ncdf, and its inverse by bisection.
const CDF: readonly (readonly [number, number])[] = [
  [-37, 5.725571222524577e-300],
  [-20, 2.7536241186062337e-89],
  [-8, 6.220960574271784e-16],
  [-5, 2.866515718791939e-07],
  [-3, 0.0013498980316300946],
  [-2.5, 0.006209665325776135],
  [-2.25, 0.012224472655044703],
  [-1, 0.15865525393145705],
  [-0.5, 0.3085375387259869],
  [-0.001, 0.49960105778608893],
  [0, 0.5],
  [0.25, 0.5987063256829237],
  [1, 0.8413447460685429],
  [2.4, 0.9918024640754038],
  [2.5, 0.9937903346742238],
  [2.75, 0.9970202367649454],
  [6, 0.9999999990134123],
];
const QUANTILES: readonly (readonly [number, number])[] = [
  [1e-300, -37.0470962993612],
  [1e-100, -21.273453560965326],
  [1e-20, -9.262340089798407],
  [1e-06, -4.753424308822899],
  [0.001, -3.0902323061678136],
  [0.008130368299052601, -2.4030101385934564],
  [0.02425, -1.972961051311885],
  [0.2, -0.8416212335729142],
  [0.4999, -0.00025066283008800747],
  [0.5, 0.0],
  [0.6, 0.2533471031357997],
  [0.9479700459242142, 1.625481943651624],
  [0.999956684602796, 3.925274770798768],
  [0.999999999999, 7.0344869100478356],
];

test.each(CDF)("Φ(%f) = %f to 1e-13 of its value", (x, expected) => {
  expect(Math.abs(normalCdf(x) / expected - 1)).toBeLessThan(1e-13);
});

test.each(QUANTILES)("Φ⁻¹(%f) = %f to 1e-13", (p, expected) => {
  expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-13 * (1 + Math.abs(expected)));
});

test("the distribution reaches its ends, and knows nothing outside them", () => {
  expect([-Infinity, Infinity].map(normalCdf)).toEqual([0, 1]);
  expect([0, 1].map(normalQuantile)).toEqual([-Infinity, Infinity]);
  expect([-0.1, 1.1, NaN].map(normalQuantile)).toEqual([NaN, NaN, NaN]);
  expect(normalCdf(NaN)).toBeNaN();
  expect([0, -Infinity, Infinity].map(normalDensity)).toEqual([1 / Math.sqrt(2 * Math.PI), 0, 0]);
});

test("Φ never falls, and Φ⁻¹ undoes it", () => {
  let before = 0;
  for (let x = -8; x <= 5; x += 1 / 32) {
    const share = normalCdf(x);
    expect(share).toBeGreaterThan(before);
    before = share;
    // Near 1 a share has lost the digits that x has.
    expect(Math.abs(normalQuantile(share) - x)).toBeLessThan(1e-12 + 3e-16 / normalDensity(x));
  }
});
