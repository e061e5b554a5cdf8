/** @file Laws of distillation by regression. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { add, constant, gradients, input, mul, reshape, slice, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, gradientError, normals } from "#testing";
import { matchedDistillation, regressionDistillation, type TimedDenoiser } from "./distillation-regression.ts";

const chunk = f64(2, 3, 2);
const specs = [chunk, chunk, bool(2, 3)];
const feeds = [normals(12, 1), normals(12, 2), [0, 0, 1, 0, 0, 1]];
const regression = (student: Tensor, teacher: Tensor, isPad: Tensor): Tensor => regressionDistillation(student, teacher, { isPad });

test("errors of 1 and 3 cost 5 on average", async () => {
  const one = f64(1, 1, 2);
  expect(await evaluate(regression, [one, one, bool(1, 1)], [[1, 2], [0, 5], [0]])).toEqual([[5]]);
});

test("no gradient reaches the teacher, and padded steps send no NaN to the student", async () => {
  const slopes = (student: Tensor, teacher: Tensor, isPad: Tensor): Tensor[] => gradients(regression(student, teacher, isPad), [student, teacher]);
  const clean = await evaluate(slopes, specs, feeds);
  expect(clean[0]?.some((value) => value !== 0)).toBe(true);
  expect(clean[1]?.every((value) => value === 0)).toBe(true);
  const dirty = feeds.map((values, at) => (at === 1 ? values.map((value, i) => (i === 4 ? NaN : value)) : values));
  expect(await evaluate(slopes, specs, dirty)).toEqual(clean);
});

test("the gradient matches central differences", async () => {
  const teacher = constant(tensorFrom("f64", [2, 3, 2], feeds[1] ?? []));
  const loss = (student: Tensor, isPad: Tensor): Tensor => regressionDistillation(student, teacher, { isPad, timeWeights: [1, 2, 3] });
  expect(await gradientError(loss, [chunk, bool(2, 3)], [feeds[0] ?? [], feeds[2] ?? []])).toBeLessThan(1e-8);
});

test("student and teacher are asked about the same noisy chunk at the same time", async () => {
  // student(x, t) = x + t and teacher(x, t) = x: the loss is the mean of t².
  const student: TimedDenoiser = (x, t) => add(x, reshape(t, [2, 1, 1]));
  const loss = (noisyActions: Tensor, time: Tensor, isPad: Tensor): Tensor => matchedDistillation(student, (x) => x, { noisyActions, time, isPad });
  const [[value = NaN] = []] = await evaluate(loss, [chunk, f64(2), bool(2, 3)], [feeds[0] ?? [], [0.5, 2], [0, 0, 0, 0, 0, 0]]);
  expect(value).toBeCloseTo((0.25 + 4) / 2, 12);
});

test("matching teaches the student alone, and nothing when all is padded", async () => {
  const slopes = (ours: Tensor, theirs: Tensor, isPad: Tensor): Tensor[] => {
    const batch = { noisyActions: mul(ours, 1), time: input("unused", "f64", [2]), isPad };
    const loss = matchedDistillation((x) => mul(x, ours), (x) => mul(x, theirs), batch);
    return [loss, ...gradients(loss, [theirs])];
  };
  const [loss, towardsTeacher] = await evaluate(slopes, specs, feeds);
  expect(loss?.[0]).toBeGreaterThan(0);
  expect(towardsTeacher?.every((value) => value === 0)).toBe(true);
  const [nothing] = await evaluate(slopes, specs, [...feeds.slice(0, 2), [1, 1, 1, 1, 1, 1]]);
  expect(nothing).toEqual([0]);
});

test("a prediction of another shape is refused, whoever makes it", () => {
  const batch = { noisyActions: input("x", "f64", [2, 3, 2]), time: input("t", "f64", [2]), isPad: input("p", "bool", [2, 3]) };
  const narrow: TimedDenoiser = (x) => slice(x, 2, 0, 1);
  expect(() => matchedDistillation(narrow, (x) => x, batch)).toThrow("matchedDistillation: student is f64[2, 3, 1], expected [2, 3, 2]");
  expect(() => matchedDistillation((x) => x, narrow, batch)).toThrow("matchedDistillation: teacher is f64[2, 3, 1], expected [2, 3, 2]");
  const isPad = input("p", "bool", [2, 3]);
  expect(() => regressionDistillation(batch.noisyActions, narrow(batch.noisyActions, batch.time), { isPad })).toThrow("regressionDistillation: target is f64[2, 3, 1]");
});
