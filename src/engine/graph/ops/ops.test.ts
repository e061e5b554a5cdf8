import { expect, test } from "vitest";
import { bool, evaluate, f64, gradientError, i64, normals } from "#testing";
import * as g from "../index.ts";
import type { Tensor, TensorType } from "../index.ts";

interface Case {
  /** The ops this case covers. */
  readonly covers: readonly string[];
  readonly fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  readonly specs: readonly TensorType[];
  readonly values: readonly (readonly number[])[];
}

const x = normals(12, 1);
const y = normals(12, 2);
const positive = x.map((v) => Math.abs(v) + 0.5);
const away = x.map((v) => v + Math.sign(v) * 0.2);

function binary(name: string, fn: Case["fn"], b: readonly number[] = y): Case[] {
  return [
    { covers: [name], fn, specs: [f64(3, 4), f64(3, 4)], values: [x, b] },
    { covers: [name], fn, specs: [f64(3, 4), f64(4)], values: [x, b.slice(0, 4)] },
    { covers: [name], fn, specs: [f64(3, 1), f64(2, 1, 4)], values: [x.slice(0, 3), b.slice(0, 8)] },
  ];
}

function unary(name: string, fn: (x: Tensor) => Tensor, values: readonly number[] = x): Case {
  return { covers: [name], fn: (t) => fn(t as Tensor), specs: [f64(3, 4)], values: [values] };
}

const cases: Case[] = [
  ...binary("add", (a, b) => g.add(a as Tensor, b as Tensor)),
  ...binary("sub", (a, b) => g.sub(a as Tensor, b as Tensor)),
  ...binary("mul", (a, b) => g.mul(a as Tensor, b as Tensor)),
  ...binary("div", (a, b) => g.div(a as Tensor, b as Tensor), positive),
  ...binary("maximum", (a, b) => g.maximum(a as Tensor, b as Tensor)),
  ...binary("minimum", (a, b) => g.minimum(a as Tensor, b as Tensor)),
  unary("neg", g.neg),
  unary("exp", g.exp),
  unary("log", g.log, positive),
  unary("sqrt", g.sqrt, positive),
  unary("sin", g.sin),
  unary("cos", g.cos),
  unary("tanh", g.tanh),
  unary("erf", g.erf),
  unary("sigmoid", g.sigmoid),
  unary("relu", g.relu, away),
  unary("abs", g.abs, away),
  unary("gelu", g.gelu),
  unary("geluTanh", g.geluTanh),
  unary("mul", g.silu),
  unary("softplus", g.softplus),
  unary("tanhSoftplus", g.mish),
  unary("clip", (t) => g.clip(t, -0.6, 0.7)),
  unary("softmax", (t) => g.softmax(t)),
  unary("softmax", (t) => g.softmax(t, 0)),
  unary("logSoftmax", (t) => g.logSoftmax(t)),
  unary("logSoftmax", (t) => g.logSoftmax(t, 0)),
  unary("max", (t) => g.logSumExp(t)),
  unary("sum", (t) => g.logSumExp(t, 0, { keepDims: true })),
  unary("sum", (t) => g.sum(t, 1)),
  unary("sum", (t) => g.sum(t)),
  unary("sum", (t) => g.sum(t, 0)),
  unary("sum", (t) => g.sum(t, 0, { keepDims: true })),
  unary("sum", (t) => g.sum(g.reshape(t, [3, 2, 2]), [0, 1])),
  unary("sum", (t) => g.sum(g.reshape(t, [3, 2, 2]), 0)),
  unary("sum", (t) => g.sum(g.reshape(t, [3, 2, 2]), [0, 2])),
  unary("mean", (t) => g.mean(t, 0, { keepDims: true })),
  unary("mean", (t) => g.mean(t)),
  unary("max", (t) => g.max(t, 1)),
  unary("cumulativeSum", (t) => g.cumulativeSum(t)),
  unary("cumulativeSum", (t) => g.cumulativeSum(t, 0)),
  unary("cumulativeSum", (t) => g.cumulativeSum(t, 1, { fromEnd: true })),
  unary("reshape", (t) => g.mul(g.reshape(t, [2, -1]), 3)),
  unary("transpose", (t) => g.transpose(t)),
  unary("transpose", (t) => g.transpose(g.reshape(t, [2, 3, 2]), [1, 2, 0])),
  unary("broadcastTo", (t) => g.broadcastTo(g.reshape(t, [3, 1, 4]), [2, 3, 5, 4])),
  unary("slice", (t) => g.slice(t, 1, 1, 3)),
  unary("slice", (t) => g.sliceEvery(g.reshape(t, [12]), 0, { start: 1, end: 11, step: 3 })),
  unary("slice", (t) => g.sliceEvery(g.reshape(t, [12]), 0, { start: 2, step: 4 })),
  unary("pad", (t) => g.pad(t, 0, 1, 2)),
  unary("standardize", (t) => g.standardize(t)),
  unary("inverseDeviation", (t) => g.inverseDeviation(t)),
  unary("unfold", (t) => g.unfold(g.reshape(t, [1, 6, 2]), { kernel: 3, padding: 1 })),
  unary("unfold", (t) => g.unfold(g.reshape(t, [2, 6, 1]), { kernel: 3, stride: 2, padding: 1 })),
  unary("fold", (t) => g.fold(g.reshape(t, [1, 3, 4]), 6, { kernel: 4, stride: 2, padding: 1 })),
  unary("fold", (t) => g.fold(g.reshape(t, [1, 4, 3]), 4, { kernel: 3, padding: 1 })),
  unary("fold", (t) => g.fold(g.reshape(t, [1, 4, 3]), 9, { kernel: 3, stride: 2 })),
  unary("cast", (t) => g.cast(g.mul(t, 2), "f64")),
  { covers: ["concat"], fn: (a, b) => g.concat([a as Tensor, b as Tensor], 1), specs: [f64(3, 4), f64(3, 1)], values: [x, y.slice(0, 3)] },
  ...[false, true].flatMap((transA) =>
    [false, true].map((transB): Case => ({
      covers: ["gemm", "gemmBias"],
      fn: (a, b, c) => [
        g.gemm(a as Tensor, b as Tensor, { transA, transB }),
        g.gemmBias(a as Tensor, b as Tensor, c as Tensor, { transA, transB }),
      ],
      specs: [transA ? f64(4, 3) : f64(3, 4), transB ? f64(2, 4) : f64(4, 2), f64(2)],
      values: [x, y.slice(0, 8), [0.3, -1]],
    })),
  ),
  { covers: ["matmul"], fn: (a, b) => g.matmul(a as Tensor, b as Tensor), specs: [f64(2, 3, 2), f64(2, 2, 3)], values: [x, y] },
  { covers: ["matmul"], fn: (a, b) => g.matmul(a as Tensor, b as Tensor), specs: [f64(2, 3, 2), f64(2, 3)], values: [x, y.slice(0, 6)] },
  { covers: ["gather"], fn: (t, ids) => g.gather(t as Tensor, ids as Tensor), specs: [f64(4, 3), i64(2, 2)], values: [x, [3, 0, 3, 1]] },
  { covers: ["scatterAdd"], fn: (v, ids) => g.scatterAdd(ids as Tensor, v as Tensor, 3), specs: [f64(4, 3), i64(4)], values: [x, [2, 0, 2, 2]] },
  { covers: ["where"], fn: (c, a, b) => g.where(c as Tensor, a as Tensor, b as Tensor), specs: [bool(3, 1), f64(3, 4), f64(4)], values: [[1, 0, 1], x, y.slice(0, 4)] },
  {
    covers: ["unfold"],
    fn: (a, w, b) => g.conv1d(a as Tensor, w as Tensor, b as Tensor, { stride: 2, padding: 1 }),
    specs: [f64(1, 6, 2), f64(2, 3, 2), f64(2)],
    values: [x, y, [0.1, 0.2]],
  },
  {
    covers: ["fold"],
    fn: (a, w, b) => g.convTranspose1d(a as Tensor, w as Tensor, b as Tensor, { stride: 2, padding: 1 }),
    specs: [f64(1, 4, 3), f64(3, 4, 1), f64(1)],
    values: [x, y, [0.5]],
  },
  {
    covers: ["gemm", "gemmBias", "pad", "slice"],
    fn: (a, w0, w1, w2, b) => [
      g.tapConv1d(a as Tensor, [w0, w1, w2] as Tensor[], b as Tensor, { stride: 2, padding: 1 }),
      g.tapConvTranspose1d(a as Tensor, [w0, w1, w2] as Tensor[], b as Tensor, { stride: 2, padding: 1 }),
    ],
    specs: [f64(2, 3, 2), f64(2, 2), f64(2, 2), f64(2, 2), f64(2)],
    values: [x, y.slice(0, 4), y.slice(4, 8), y.slice(8), [0.3, -1]],
  },
  ...[[1, 0], [1, 1], [2, 0], [2, 1]].map(([stride = 1, padding = 0]): Case => ({
    covers: ["conv2d", "conv2dInputs", "conv2dWeights"],
    fn: (a, w) => g.conv2d(a as Tensor, w as Tensor, { stride, padding }),
    specs: [f64(2, 1, 3, 2), f64(3, 1, 2, 2)],
    values: [x, y],
  })),
  { covers: ["conv2d"], fn: (a, w) => g.conv2d(a as Tensor, w as Tensor, { stride: 2 }), specs: [f64(1, 2, 3, 2), f64(3, 2, 1, 1)], values: [x, y.slice(0, 6)] },
  unary("maxPool2d", (t) => g.maxPool2d(g.reshape(t, [2, 1, 3, 2]), { kernel: 2 })),
  unary("maxPool2d", (t) => g.maxPool2d(g.reshape(t, [1, 1, 3, 4]), { kernel: 3, stride: 2, padding: 1 })),
  {
    covers: ["standardize"],
    fn: (a, w, b) => [
      g.layerNorm(a as Tensor, { weight: w as Tensor, bias: b as Tensor }),
      g.groupNorm(g.reshape(a as Tensor, [1, 3, 4]), 2, { weight: w as Tensor, bias: b as Tensor }),
      g.groupNorm2d(g.reshape(a as Tensor, [1, 4, 3, 1]), 2, { weight: w as Tensor, bias: b as Tensor }),
      g.rmsNorm(a as Tensor, w as Tensor),
    ],
    specs: [f64(3, 4), f64(4), f64(4)],
    values: [x, y.slice(0, 4), y.slice(4, 8)],
  },
];

const withoutGradient = ["less", "lessEqual", "greater", "greaterEqual", "equal", "not", "and", "argMax", "maxPool2dPlaces", "stopGradient"];

test("every op has a case here or is listed as having no gradient", () => {
  const covered = new Set([...cases.flatMap(({ covers }) => covers), ...withoutGradient]);
  expect([...g.definedOps().keys()].filter((name) => !covered.has(name))).toEqual([]);
});

test.each(cases.map((c, i) => [`${i} ${c.covers.join(", ")}`, c] as const))(
  "the derivative of %s matches central differences in float64",
  async (_name, { fn, specs, values }) => {
    expect(await gradientError(fn, specs, values)).toBeLessThan(1e-6);
  },
);

test.each(cases.map((c, i) => [`${i} ${c.covers.join(", ")}`, c] as const))(
  "the second derivative of %s matches central differences of the first",
  async (_name, { fn, specs, values }) => {
    const firstDerivatives = (...inputs: Tensor[]): Tensor[] => {
      const traced = fn(...inputs);
      const terms = (Array.isArray(traced) ? traced : [traced]).map((t: Tensor) => g.sum(g.mul(g.sin(t), t)));
      return g.gradients(terms.reduce((a, b) => g.add(a, b)), inputs.filter(g.isFloat));
    };
    expect(await gradientError(firstDerivatives, specs, values)).toBeLessThan(1e-6);
  },
);

test.each(cases.map((c, i) => [`${i} ${c.covers.join(", ")}`, c] as const))(
  "%s gives the same values in float32 and float64",
  async (_name, { fn, specs, values }) => {
    const single = specs.map((s) => (s.dtype === "f64" ? { ...s, dtype: "f32" as const } : s));
    const castBack = (...inputs: Tensor[]): Tensor[] => {
      const out = fn(...inputs);
      return (Array.isArray(out) ? out : [out]).map((t: Tensor) => g.cast(t, "f32"));
    };
    const a = (await evaluate(castBack, single, values)).flat();
    const b = (await evaluate(fn, specs, values)).flat();
    a.forEach((value, i) => expect(value).toBeCloseTo(b[i] ?? NaN, 4));
  },
);
