import { expect, test } from "vitest";
import { wilsonInterval } from "./wilson.ts";

test("none of a hundred does not mean never, nor all of them always", () => {
  // By hand: z² / (n + z²) with z = 1.959964 and n = 100.
  expect(wilsonInterval(0, 100)).toEqual([0, expect.closeTo(0.036994, 5)]);
  expect(wilsonInterval(100, 100)).toEqual([expect.closeTo(1 - 0.036994, 5), 1]);
});

test("half of a hundred lies evenly within its interval", () => {
  // (0.5 ± sqrt(0.25 / n + z² / 4n²) z / …): 0.40383 to 0.59617, as R's prop.test(50, 100, correct = FALSE) has it.
  const [low, high] = wilsonInterval(50, 100);
  expect([low, high]).toEqual([expect.closeTo(0.40383, 4), expect.closeTo(0.59617, 4)]);
});

test.each([[1, 0], [-1, 10], [11, 10], [Number.NaN, 10]])("%f of %f is no share", (count, of) => {
  expect(() => wilsonInterval(count, of)).toThrow(RangeError);
});
