/** @file Closed forms of jerk. */

import { expect, test } from "vitest";
import type { Scene } from "#world/sim";
import { rmsJerk } from "./jerk.ts";

const scene: Scene = { unit: "m", view: { left: 0, right: 1, top: 0, bottom: 1 }, shapes: [], robot: { x: 1, y: 2 } };
const motion = (place: (tS: number) => readonly [x: number, y: number], rateHz: number): number[][] =>
  Array.from({ length: 30 }, (_, t) => [(t * 37) % 11, ...place(t / rateHz)]);

test.each([10, 50])("the jerk of x = 2t³, y = -t³ is √(12² + 6²), at %i Hz as at any rate, whatever else the state holds", (rateHz) => {
  expect(rmsJerk(motion((t) => [2 * t ** 3 + t, 5 * t * t - t ** 3], rateHz), scene, rateHz)).toBeCloseTo(Math.hypot(12, 6), 5);
});

test("motion of constant acceleration has none", () => {
  expect(rmsJerk(motion((t) => [3 * t * t, 1 - t], 10), scene, 10)).toBeCloseTo(0, 9);
});

test("a step among six positions has third differences 1, -2 and 1", () => {
  const states = [0, 0, 0, 1, 1, 1].map((x) => [0, x, 0]);
  expect(rmsJerk(states, scene, 10)).toBeCloseTo(Math.sqrt((1 + 4 + 1) / 3) * 1000, 9);
});

test("fewer than four positions have no jerk", () => {
  expect(rmsJerk([[0, 0, 0], [0, 1, 0], [0, 0, 0]], scene, 10)).toBeNull();
});
