/** @file Laws every masked loss keeps: padding holds anything, nothing counted costs nothing, derivatives are right. */

import { describe, expect, test } from "vitest";
import { isFloat, ShapeError } from "#engine/graph";
import { bool, evaluate, gradientError, LOSS_CASES, withGradients, type LossCase } from "#testing";
import * as losses from "./index.ts";

/** What the room exports beside losses under a mask: their parts, metrics, schedules and times, and what the host works out. */
const OTHERS: readonly (keyof typeof losses)[] = [
  "chunkError", "selectCounted", "gmmLogProb", "minSnrWeights", "advantageWeights", "normalizeAdvantage", "denoisingClips", "denoisingDiscounts",
  "tokenAccuracy", "clipFraction",
  "noiseSchedule", "noiseRates", "addNoise", "lipmanPath", "uniformTime", "betaTime", "logitNormalTime",
  "generalizedAdvantages", "coupleNoise", "permuteRows", "minimumCostAssignment",
];

test("every loss of the room stands in the list", () => {
  const functions = Object.entries(losses).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  const listed = new Set([...LOSS_CASES.map(({ name }) => name.split(" ")[0]), ...OTHERS]);
  expect(functions.filter((name) => !listed.has(name))).toEqual([]);
  expect([...listed].filter((name) => !functions.includes(name ?? ""))).toEqual([]);
});

/** The value lists with every masked row replaced: rows of the float inputs whose leading axes are those of the mask. */
function withDirt({ specs, values, masked }: LossCase, dirt: number): number[][] {
  const mask = values.at(-1) ?? [];
  const maskShape = specs.at(-1)?.shape ?? [];
  return values.map((list, i) => {
    const spec = specs[i];
    const isMasked = spec !== undefined && isFloat(spec) && maskShape.every((extent, axis) => spec.shape[axis] === extent);
    const row = list.length / mask.length;
    return list.map((value, at) => (isMasked && mask[Math.floor(at / row)] === masked ? dirt : value));
  });
}

describe.each(LOSS_CASES.map((c) => [c.name, c] as const))("%s", (name, c) => {
  test("is a finite scalar, alike in float32 and float64", async () => {
    const single = c.specs.map((spec) => (spec.dtype === "f64" ? { ...spec, dtype: "f32" as const } : spec));
    const [[double = NaN, ...rest] = []] = await evaluate(c.loss, c.specs, c.values);
    const [[float = NaN] = []] = await evaluate(c.loss, single, c.values);
    expect(rest).toEqual([]);
    expect(double).not.toBe(0);
    expect(Math.abs(float - double)).toBeLessThan(1e-5 * Math.abs(double));
  });

  test("does not see what is masked, nor does its gradient", async () => {
    const clean = await evaluate(withGradients(c.loss), c.specs, c.values);
    for (const dirt of [1e3, NaN, Infinity]) {
      expect(await evaluate(withGradients(c.loss), c.specs, withDirt(c, dirt))).toEqual(clean);
    }
  });

  test("is 0 and has gradient 0 when nothing counts, whatever is there", async () => {
    const nothing = { ...c, values: [...c.values.slice(0, -1), (c.values.at(-1) ?? []).map(() => c.masked)] };
    for (const values of [nothing.values, withDirt(nothing, NaN)]) {
      const results = await evaluate(withGradients(c.loss), c.specs, values);
      expect(results.flat().filter((value) => value !== 0)).toEqual([]);
    }
  });

  test("has the derivative of central differences, with what it takes for constant held", async () => {
    expect(await gradientError(c.loss, c.specs, c.values)).toBeLessThan(1e-7);
  });

  test("sends a gradient into every input but those it takes for constant", async () => {
    const [, ...slopes] = await evaluate(withGradients(c.loss), c.specs, c.values);
    const floats = c.specs.flatMap((spec, i) => (isFloat(spec) ? [i] : []));
    expect(floats.filter((_, nth) => (slopes[nth] ?? []).every((slope) => slope === 0))).toEqual(c.constants ?? []);
  });

  test("names itself when the mask does not fit", async () => {
    const wrong = c.specs.map((spec, i) => (i === c.specs.length - 1 ? bool(...spec.shape, 5) : spec));
    const run = evaluate(c.loss, wrong, c.values);
    await expect(run).rejects.toThrow(ShapeError);
    await expect(run).rejects.toThrow(`${c.who ?? name.split(" ")[0]}: `);
  });
});
