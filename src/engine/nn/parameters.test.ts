/** @file Tests of parameter trees: names, order, counts, tracing, initial values. */

import { describe, expect, it } from "vitest";
import { rng } from "#engine/array";
import { fanIn, normal, ones, uniform, zeros } from "./initializers.ts";
import { linearSpec, zeroLinearSpec } from "./linear.ts";
import { layerNormSpec } from "./layer-norm.ts";
import { initialParameters, mapParameters, namedParameters, parameter, parameterCount, parameterInputs } from "./parameters.ts";

const role = "trunk";
const tree = {
  stem: linearSpec(3, 4, { role: "stem" }),
  blocks: [
    { norm: layerNormSpec(4, role), out: zeroLinearSpec(4, 4, "modulation") },
    { norm: layerNormSpec(4, role), out: zeroLinearSpec(4, 4, "modulation") },
  ],
  scale: parameter([], ones, { decay: false, role: "output" }),
} as const;

describe("a tree", () => {
  it("names parameters by path, in the order of declaration", () => {
    expect(namedParameters(tree).map(({ name }) => name)).toEqual([
      "stem.weight", "stem.bias",
      "blocks.0.norm.weight", "blocks.0.norm.bias", "blocks.0.out.weight", "blocks.0.out.bias",
      "blocks.1.norm.weight", "blocks.1.norm.bias", "blocks.1.out.weight", "blocks.1.out.bias",
      "scale",
    ]);
  });

  it("counts values, a scalar as one", () => {
    expect(parameterCount(tree)).toBe(16 + 2 * (8 + 20) + 1);
    expect(parameterCount({})).toBe(0);
  });

  it("marks matrices for decay, biases and gains not, and keeps roles", () => {
    const flags = Object.fromEntries(namedParameters(tree).map(({ name, decay, role }) => [name, [decay, role]]));
    expect(flags).toMatchObject({
      "stem.weight": [true, "stem"],
      "stem.bias": [false, "stem"],
      "blocks.1.norm.weight": [false, "trunk"],
      "blocks.1.out.weight": [true, "modulation"],
    });
  });

  it("may have parameters and layers called `kind`", () => {
    expect(namedParameters({ kind: linearSpec(1, 1, { role }) }).map(({ name }) => name)).toEqual(["kind.weight", "kind.bias"]);
  });

  it("becomes graph inputs of the same structure", () => {
    const traced = parameterInputs(tree, "p/");
    expect(traced.blocks[1]?.norm.weight).toMatchObject({ dtype: "f32", shape: [4], source: { kind: "input", name: "p/blocks.1.norm.weight" } });
    expect(Array.isArray(traced.blocks)).toBe(true);
    expect(traced.scale.shape).toEqual([]);
  });

  it("is visited in the order of the names", () => {
    const seen: string[] = [];
    mapParameters(tree, (spec) => {
      seen.push(spec.name);
      return parameterInputs(spec);
    });
    expect(seen).toEqual(namedParameters(tree).map(({ name }) => name));
  });
});

describe("initial values", () => {
  it("are the same for the same seed, others for another", () => {
    expect(initialParameters(tree, 1)).toEqual(initialParameters(tree, 1));
    expect(initialParameters(tree, 1)["stem.weight"]).not.toEqual(initialParameters(tree, 2)["stem.weight"]);
  });

  it("of a parameter do not depend on the others", () => {
    const before = initialParameters(tree, 1);
    const after = initialParameters({ first: linearSpec(9, 9, { role }), ...tree, last: linearSpec(2, 2, { role }) }, 1);
    expect(after).toMatchObject(before);
  });

  it("of two parameters of one shape differ", () => {
    const twins = { a: linearSpec(8, 8, { role }), b: linearSpec(8, 8, { role }) };
    const values = initialParameters(twins, 0);
    expect(values["a.weight"]?.data).not.toEqual(values["b.weight"]?.data);
  });

  it("have the declared shapes, in f32", () => {
    expect(initialParameters(tree, 0)["blocks.0.out.weight"]).toMatchObject({ dtype: "f32", shape: [4, 4], data: new Float32Array(16) });
    expect(initialParameters(tree, 0)["scale"]).toEqual({ dtype: "f32", shape: [], data: Float32Array.of(1) });
  });
});

describe("initializers", () => {
  const COUNT = 40_000;
  const filled = (initialize: typeof ones): Float32Array => {
    const out = new Float32Array(COUNT).fill(NaN);
    initialize(out, rng(1), [COUNT]);
    return out;
  };
  const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / COUNT;
  const deviation = (values: Float32Array): number => Math.sqrt(mean(values.map((v) => v * v)) - mean(values) ** 2);

  it("zeros and ones are that", () => {
    expect(new Set(filled(zeros))).toEqual(new Set([0]));
    expect(new Set(filled(ones))).toEqual(new Set([1]));
  });

  it("normal has the asked deviation", () => {
    const values = filled(normal(0.02));
    expect(Math.abs(mean(values))).toBeLessThan((4 * 0.02) / Math.sqrt(COUNT));
    expect(deviation(values) / 0.02).toBeCloseTo(1, 1);
  });

  it("uniform fills ±bound evenly", () => {
    const values = filled(uniform(0.3));
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.3));
    expect(Math.max(...values)).toBeGreaterThan(0.299);
    expect(Math.min(...values)).toBeLessThan(-0.299);
    expect(deviation(values)).toBeCloseTo(0.3 / Math.sqrt(3), 2);
  });

  it("fanIn is uniform in ±1/√inputs, as PyTorch's layers start", () => {
    const values = filled(fanIn(16));
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.25);
    expect(Math.max(...values)).toBeGreaterThan(0.249);
  });
});
