/** @file Tests of the in-graph optimizer's parts against formulas written out in float64. */

import { describe, expect, it } from "vitest";
import { ShapeError, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, normals } from "#testing";
import { adamWUpdate, clipByGlobalNorm, emaUpdate, globalNorm, type AdamWOptions } from "./adamw.ts";

const COUNT = 7;
const LR = 3e-3;

interface Numbers {
  readonly p: readonly number[];
  readonly m: readonly number[];
  readonly v: readonly number[];
}

/** Algorithm 2 of arXiv:1711.05101, one value at a time. */
function reference({ p, m, v }: Numbers, g: readonly number[], t: number, { betas: [b1, b2], eps, weightDecay }: Required<AdamWOptions>): Numbers {
  const m2 = m.map((x, i) => b1 * x + (1 - b1) * (g[i] ?? NaN));
  const v2 = v.map((x, i) => b2 * x + (1 - b2) * (g[i] ?? NaN) ** 2);
  const step = (i: number): number => ((m2[i] ?? NaN) / (1 - b1 ** t)) / (Math.sqrt((v2[i] ?? NaN) / (1 - b2 ** t)) + eps);
  return { p: p.map((x, i) => x - LR * weightDecay * x - LR * step(i)), m: m2, v: v2 };
}

const update = (options?: AdamWOptions) => (...[parameter, firstMoment, secondMoment, g, lr, correction1, correction2]: Tensor[]): Tensor[] => {
  const at = (t: Tensor | undefined): Tensor => t as Tensor; // evaluate passes one tensor per spec
  const state = { parameter: at(parameter), firstMoment: at(firstMoment), secondMoment: at(secondMoment) };
  const next = adamWUpdate(state, at(g), { lr: at(lr), correction1: at(correction1), correction2: at(correction2) }, options);
  return [next.parameter, next.firstMoment, next.secondMoment];
};

async function fiveSteps(dtype: typeof f32, used: AdamWOptions | undefined, meant: Required<AdamWOptions>): Promise<[number[], readonly number[]]> {
  const start = { p: normals(COUNT, 1), m: new Array<number>(COUNT).fill(0), v: new Array<number>(COUNT).fill(0) };
  let [ours, theirs]: [Numbers, Numbers] = [start, start];
  for (let t = 1; t <= 5; t++) {
    const g = normals(COUNT, 10 + t).map((x, i) => x * 10 ** ((i % 5) - 3));
    const specs = [dtype(COUNT), dtype(COUNT), dtype(COUNT), dtype(COUNT), dtype(), dtype(), dtype()];
    const [b1, b2] = meant.betas;
    const [p = [], m = [], v = []] = await evaluate(update(used), specs, [ours.p, ours.m, ours.v, g, [LR], [1 - b1 ** t], [1 - b2 ** t]]);
    ours = { p, m, v };
    theirs = reference(theirs, g, t, meant);
  }
  return [[...ours.p, ...ours.m, ...ours.v], [...theirs.p, ...theirs.m, ...theirs.v]];
}

const defaults = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 } as const;
const others = { betas: [0.8, 0.95], eps: 1e-3, weightDecay: 0.3 } as const;

describe("adamWUpdate over five steps", () => {
  it.each([
    ["its defaults", undefined, defaults],
    ["all options given", others, others],
    ["no decay", { ...others, weightDecay: 0 }, { ...others, weightDecay: 0 }],
  ] as const)("is the paper's algorithm to 1e-12 in float64, with %s", async (_name, used, meant) => {
    const [ours, theirs] = await fiveSteps(f64, used, meant);
    ours.forEach((x, i) => expect(Math.abs(x - (theirs[i] ?? NaN))).toBeLessThan(1e-12));
  });

  it("is it to 1e-6 in float32", async () => {
    const [ours, theirs] = await fiveSteps(f32, undefined, defaults);
    ours.forEach((x, i) => expect(Math.abs(x - (theirs[i] ?? NaN))).toBeLessThan(1e-6));
  });
});

describe("emaUpdate", () => {
  it("keeps a constant exactly, for any decay", async () => {
    const values = normals(COUNT, 3).map(Math.fround);
    expect(await evaluate((x, d) => emaUpdate(x, x, d), [f32(COUNT), f32()], [values, [0.9973]])).toEqual([values]);
  });

  it("copies at decay 0, holds at decay 1 and mixes between", async () => {
    const mixed = (d: number): Promise<number[][]> => evaluate((a, v, t) => emaUpdate(a, v, t), [f32(1), f32(1), f32()], [[2], [6], [d]]);
    expect([await mixed(0), await mixed(1), await mixed(0.75)]).toEqual([[[6]], [[2]], [[3]]]);
  });
});

describe("clipping", () => {
  const clipped = (maxNorm: number, a: readonly number[], b: readonly number[]): Promise<number[][]> =>
    evaluate((...gs) => [globalNorm(gs), ...clipByGlobalNorm(gs, maxNorm)], [f32(1, a.length), f32(b.length)], [a, b]);

  it("measures one norm over all gradients", async () => {
    expect((await clipped(100, [3, 0], [4]))[0]).toEqual([5]);
  });

  it("leaves short gradients as they are, exactly", async () => {
    expect((await clipped(5.1, [3, 0], [4])).slice(1)).toEqual([[3, 0], [4]]);
  });

  it("shrinks long ones to the limit, direction kept", async () => {
    const [, [a = NaN] = [], [b = NaN] = []] = await clipped(1, [3, 0], [4]);
    expect(a).toBeCloseTo(0.6, 5);
    expect(b).toBeCloseTo(0.8, 5);
    expect(Math.hypot(a, b)).toBeLessThan(1);
  });

  it("of zero gradients gives zeros, not NaN", async () => {
    expect((await clipped(1, [0, 0], [0])).slice(1)).toEqual([[0, 0], [0]]);
  });

  it("of no gradients is refused", () => {
    expect(() => globalNorm([])).toThrow(new ShapeError("globalNorm: needs at least one gradient, got none"));
  });
});
