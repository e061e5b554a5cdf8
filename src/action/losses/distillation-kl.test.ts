/** @file Laws of categorical distillation: value, direction, temperature, masks. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { constant, gradients, input, ShapeError, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenCase, goldenVectors, gradientError, normals, relativeError } from "#testing";
import { distillationKl, type DistillationKlOptions } from "./distillation-kl.ts";

const lossOf = (options: DistillationKlOptions) => (student: Tensor, teacher: Tensor): Tensor => distillationKl({ student, teacher }, options);
const withSlope = (options: DistillationKlOptions) => (student: Tensor, teacher: Tensor): Tensor[] => {
  const loss = lossOf(options)(student, teacher);
  return [loss, ...gradients(loss, [student])];
};
const masked = (options: DistillationKlOptions = {}) => (student: Tensor, teacher: Tensor, isValid: Tensor): Tensor[] =>
  withSlope({ ...options, isValid })(student, teacher);

test("two coins: KL(½ ‖ ¾) forward and KL(¾ ‖ ½) reverse", async () => {
  const feeds = [[Math.log(3), 0], [0, 0]]; // student ¾, teacher ½
  const [forward] = await evaluate(lossOf({}), [f64(1, 2), f64(1, 2)], feeds);
  const [reverse] = await evaluate(lossOf({ direction: "reverse" }), [f64(1, 2), f64(1, 2)], feeds);
  expect(forward?.[0]).toBeCloseTo(0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25), 12);
  expect(reverse?.[0]).toBeCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 12);
});

test("value and gradient equal the golden token grid at temperature 2", async () => {
  const golden = goldenCase("distill_kl");
  const logits = f64(3, 8, 7, 16);
  const [loss = [], slope = []] = await evaluate(withSlope({ temperature: 2 }), [logits, logits], [golden("input.student_logits"), golden("input.teacher_logits")]);
  expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-10);
  expect(relativeError(slope, golden("grad.student_logits"))).toBeLessThan(1e-10);
});

// `kl_forward_T2_scaled` holds the temperature of its name: T = 2, times T² = 4.
test.each<[string, DistillationKlOptions]>([
  ["kl_forward_batchmean", {}],
  ["kl_forward_T2_scaled", { temperature: 2 }],
  ["kl_reverse", { direction: "reverse" }],
])("value and gradient equal the golden %s", async (name, options) => {
  const golden = goldenVectors("loss_vectors/losses_distill");
  const [loss = [], slope = []] = await evaluate(withSlope(options), [f64(4, 9), f64(4, 9)], [golden("student"), golden("teacher")]);
  expect(relativeError(loss, golden(`${name}.value`))).toBeLessThan(1e-10);
  expect(relativeError(slope, golden(`${name}.grads`))).toBeLessThan(1e-10);
});

test("the mean over K as well, as PyTorch's reduction of that name, is K times as small", async () => {
  const golden = goldenVectors("loss_vectors/losses_distill");
  const [[loss = NaN] = []] = await evaluate(lossOf({}), [f64(4, 9), f64(4, 9)], [golden("student"), golden("teacher")]);
  expect(relativeError([loss / 9], golden("kl_div_default_reduction_mean"))).toBeLessThan(1e-10);
});

test.each(["forward", "reverse"] as const)("a student that says what the teacher says costs nothing %s, and only then", async (direction) => {
  const teacher = normals(12, 1);
  const shifted = teacher.map((logit) => logit + 5);
  const [same = []] = await evaluate(lossOf({ direction, temperature: 3 }), [f64(3, 4), f64(3, 4)], [shifted, teacher]);
  const [other = []] = await evaluate(lossOf({ direction, temperature: 3 }), [f64(3, 4), f64(3, 4)], [normals(12, 2), teacher]);
  expect(Math.abs(same[0] ?? NaN)).toBeLessThan(1e-12);
  expect(other[0]).toBeGreaterThan(1e-3);
});

test.each(["forward", "reverse"] as const)("no gradient reaches the teacher %s", async (direction) => {
  const towardsTeacher = (student: Tensor, teacher: Tensor): Tensor[] => gradients(lossOf({ direction })(student, teacher), [teacher]);
  expect(await evaluate(towardsTeacher, [f64(2, 3), f64(2, 3)], [normals(6, 1), normals(6, 2)])).toEqual([[0, 0, 0, 0, 0, 0]]);
});

test("what is not valid does not count, and sends no NaN back", async () => {
  const [student, teacher] = [normals(12, 1), normals(12, 2)];
  const specs = [f64(3, 4), f64(3, 4), bool(3)];
  const clean = await evaluate(masked({ temperature: 2 }), specs, [student, teacher, [1, 0, 1]]);
  const [kept = []] = await evaluate(lossOf({ temperature: 2 }), [f64(2, 4), f64(2, 4)], [student, teacher].map((v) => [...v.slice(0, 4), ...v.slice(8)]));
  expect(relativeError(clean[0] ?? [], kept)).toBeLessThan(1e-12);
  for (const dirt of [NaN, Infinity, 1e300]) {
    const dirty = [student, teacher].map((values) => values.map((value, i) => (i >= 4 && i < 8 ? dirt : value)));
    expect(await evaluate(masked({ temperature: 2 }), specs, [...dirty, [1, 0, 1]])).toEqual(clean);
  }
});

test("where nothing is valid the loss and its gradient are 0", async () => {
  const [loss, slope] = await evaluate(masked(), [f64(3, 4), f64(3, 4), bool(3)], [normals(12, 1), normals(12, 2), [0, 0, 0]]);
  expect([...(loss ?? []), ...(slope ?? [])].every((value) => value === 0)).toBe(true);
});

test.each(["forward", "reverse"] as const)("the gradient matches central differences %s", async (direction) => {
  const teacher = constant(tensorFrom("f64", [3, 4], normals(12, 2)));
  const loss = (student: Tensor, isValid: Tensor): Tensor => lossOf({ direction, temperature: 2, isValid })(student, teacher);
  expect(await gradientError(loss, [f64(3, 4), bool(3)], [normals(12, 1), [1, 0, 1]])).toBeLessThan(1e-8);
});

test.each([
  [[2, 3], [2, 4], "distillationKl: teacher is f64[2, 4], expected [2, 3]"],
  [[], [], "distillationKl: student is f64[], expected [..., K]"],
])("shapes that do not fit are named: %#", (student, teacher, message) => {
  const run = (): Tensor => distillationKl({ student: input("s", "f64", student), teacher: input("t", "f64", teacher) });
  expect(run).toThrow(ShapeError);
  expect(run).toThrow(message);
});

test.each([0, -1, NaN, Infinity])("a temperature of %f is refused", (temperature) => {
  const logits = input("s", "f64", [2, 3]);
  expect(() => distillationKl({ student: logits, teacher: logits }, { temperature })).toThrow(`temperature is ${temperature}, expected a number above 0`);
});
