/** @file Laws of Gaussian distillation. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { constant, gradients, input, type Tensor } from "#engine/graph";
import { bool, evaluate, f64, goldenVectors, gradientError, normals, relativeError } from "#testing";
import { gaussianDistillation, type GaussianDistillationOptions } from "./distillation-gaussian.ts";

type Options = Omit<GaussianDistillationOptions, "isPad">;
const lossOf = (options: Options) => (mean: Tensor, logVariance: Tensor, teacherMean: Tensor, teacherLogVariance: Tensor, isPad: Tensor): Tensor =>
  gaussianDistillation({ mean, logVariance }, { mean: teacherMean, logVariance: teacherLogVariance }, { ...options, isPad });
const chunk = f64(2, 3, 2);
const specs = [chunk, chunk, chunk, chunk, bool(2, 3)];
const feeds = [normals(12, 1), normals(12, 2), normals(12, 3), normals(12, 4), [0, 0, 1, 0, 0, 0]];

// The golden divergence is KL(0 ‖ 1): forward with Gaussian 0 as the teacher, reverse with it as the student.
test.each([
  ["forward", "1", "0"],
  ["reverse", "0", "1"],
] as const)("%s, the mean over dimensions is the golden sum divided by A", async (direction, student, teacher) => {
  const golden = goldenVectors("loss_vectors/losses_distill");
  const of = (which: string): number[][] => [golden(`gaussian_kl.mu${which}`), golden(`gaussian_kl.s${which}`).map((s) => 2 * Math.log(s))];
  const one = f64(1, 1, 2);
  const [[loss = NaN] = []] = await evaluate(lossOf({ direction }), [one, one, one, one, bool(1, 1)], [...of(student), ...of(teacher), [0]]);
  expect(relativeError([2 * loss], golden("gaussian_kl.kl_01"))).toBeLessThan(1e-12);
});

test.each(["forward", "reverse"] as const)("equal Gaussians cost nothing %s", async (direction) => {
  const same = [normals(12, 1), normals(12, 2)];
  expect(await evaluate(lossOf({ direction }), specs, [...same, ...same, feeds[4] ?? []])).toEqual([[0]]);
});

test("padded steps do not count and send no NaN back; a fully padded batch costs 0", async () => {
  const both = (mean: Tensor, ...rest: Tensor[]): Tensor[] => {
    const loss = (lossOf({}) as (...inputs: Tensor[]) => Tensor)(mean, ...rest); // five tensors
    return [loss, ...gradients(loss, [mean])];
  };
  const clean = await evaluate(both, specs, feeds);
  const dirty = feeds.map((values, at) => (at < 4 ? values.map((value, i) => (i === 4 || i === 5 ? NaN : value)) : values));
  expect(await evaluate(both, specs, dirty)).toEqual(clean);
  const [loss] = await evaluate(both, specs, [...feeds.slice(0, 4), [1, 1, 1, 1, 1, 1]]);
  expect(loss).toEqual([0]);
});

test.each(["forward", "reverse"] as const)("the gradient matches central differences, and none reaches the teacher, %s", async (direction) => {
  const [mean, logVariance] = [feeds[2] ?? [], feeds[3] ?? []].map((values) => constant(tensorFrom("f64", [2, 3, 2], values)));
  if (mean === undefined || logVariance === undefined) throw new Error("two constants");
  const loss = (m: Tensor, s: Tensor, isPad: Tensor): Tensor => lossOf({ direction, dimWeights: [1, 3] })(m, s, mean, logVariance, isPad);
  expect(await gradientError(loss, [chunk, chunk, bool(2, 3)], [feeds[0] ?? [], feeds[1] ?? [], feeds[4] ?? []])).toBeLessThan(1e-8);
  const towardsTeacher = (m: Tensor, s: Tensor, tm: Tensor, ts: Tensor, isPad: Tensor): Tensor[] => gradients(lossOf({ direction })(m, s, tm, ts, isPad), [tm, ts]);
  expect((await evaluate(towardsTeacher, specs, feeds)).flat().every((value) => value === 0)).toBe(true);
});

test("a shape that does not fit is named", () => {
  const ours = input("a", "f64", [2, 3, 2]);
  const wrong = { mean: ours, logVariance: input("b", "f64", [2, 3, 1]) };
  const isPad = input("c", "bool", [2, 3]);
  expect(() => gaussianDistillation({ mean: ours, logVariance: ours }, wrong, { isPad })).toThrow(
    "gaussianDistillation: teacher.logVariance is f64[2, 3, 1], expected [2, 3, 2]",
  );
});
