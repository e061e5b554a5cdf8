/** @file Tests of the transformer denoiser: the reference implementation's numbers, sizes, who sees what. */

import { describe, expect, it } from "vitest";
import { sizeOf } from "#engine/array";
import { gradients, input, mean, ShapeError, square, sub, type Tensor } from "#engine/graph";
import { namedParameters, parameterCount, parameterInputs, type ParameterTree } from "#engine/nn";
import { evaluate, f32, goldenCase, normals, parameterTypes, relativeError, withParameters } from "#testing";
import { denoise, type Denoiser } from "./denoiser.ts";
import { transformer } from "./transformer.ts";

/** `decoder.layers.0.selfAttn.inProjWeight` → `decoder.layers.0.self_attn.in_proj_weight`. */
const upstreamName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe("the transformer of Diffusion Policy", () => {
  it("gives the reference's output, loss and gradients", async () => {
    const golden = goldenCase("dp_transformer");
    const [B, H, A, O, C] = [3, 10, 2, 2, 20];
    const network = transformer({ horizon: H, actionSize: A }, { condSize: O * C, obsSteps: O, width: 32, blocks: 2, time: "diffusion" });
    const names = namedParameters(network.parameters).map(({ name }) => name);
    const predict = withParameters(network.parameters, (params, x, target, step, cond) => {
      const out = denoise(network, params, { x: x as Tensor, times: [step as Tensor], cond: cond as Tensor });
      return [out, mean(square(sub(out, target as Tensor)))];
    });
    const [out = [], loss = [], ...slopes] = await evaluate(
      (...inputs) => {
        const outputs = predict(...inputs) as readonly Tensor[];
        return [...outputs, ...gradients(outputs[1] as Tensor, inputs.slice(0, names.length))];
      },
      [...parameterTypes(network.parameters), f32(B, H, A), f32(B, H, A), f32(B), f32(B, O * C)],
      [...names.map((name) => golden(`param.${upstreamName(name)}`)), ...["sample", "target", "timestep", "cond"].map((name) => golden(`input.${name}`))],
    );
    expect(relativeError(out, golden("output.out"))).toBeLessThan(1e-5);
    expect(relativeError(loss, golden("output.loss"))).toBeLessThan(1e-5);
    const errors = names.map((name, i) => [name, relativeError(slopes[i] ?? [], golden(`grad.${upstreamName(name)}`))] as const);
    expect(errors.filter(([, error]) => !(error < 1e-4))).toEqual([]);
    expect(errors).toHaveLength(50); // all that the reference has but an empty one
  });

  it("has about nine million parameters for Push-T with low-dimensional observations", () => {
    const { parameters } = transformer({ horizon: 10, actionSize: 2 }, { condSize: 2 * 20, obsSteps: 2 });
    expect(parameterCount(parameters)).toBe(8_963_586);
  });
});

const [B, H, A, O, C] = [1, 4, 2, 3, 2] as const;

async function predictionOf<P extends ParameterTree>(denoiser: Denoiser<P>, x: readonly number[], cond: readonly number[]): Promise<number[]> {
  const specs = namedParameters(denoiser.parameters);
  const fn = withParameters(denoiser.parameters, (params, noisy, time, features) =>
    denoise(denoiser, params, { x: noisy as Tensor, times: [time as Tensor], cond: features as Tensor }));
  const values = specs.map(({ shape }, i) => normals(sizeOf(shape), i).map((value) => value / 2));
  const [y = []] = await evaluate(fn, [...parameterTypes(denoiser.parameters), f32(B, H, A), f32(B), f32(B, O * C)], [...values, x, [0.4], cond]);
  return y;
}

const sizes = { condSize: O * C, obsSteps: O, width: 8, blocks: 2 };
const chunk = { horizon: H, actionSize: A };
const x = normals(H * A, 101);
const cond = normals(O * C, 102);
const movedBy = (values: readonly number[], at: number): number[] => values.map((value, i) => (i === at ? value + 1 : value));
/** For every action of the chunk, whether it changed. */
const changed = (before: readonly number[], after: readonly number[]): boolean[] =>
  Array.from({ length: H }, (_, h) => before.slice(h * A, (h + 1) * A).some((value, i) => value !== after[h * A + i]));

describe("a transformer denoiser", () => {
  it("lets an action see earlier actions and none that follow", async () => {
    const network = transformer(chunk, sizes);
    const before = await predictionOf(network, x, cond);
    expect(changed(before, await predictionOf(network, movedBy(x, 2 * A), cond))).toEqual([false, false, true, true]);
    expect(changed(before, await predictionOf(network, movedBy(x, 0), cond))).toEqual([true, true, true, true]);
  });

  it("lets an action see observations up to its own tick", async () => {
    const network = transformer(chunk, sizes);
    const before = await predictionOf(network, x, cond);
    expect(changed(before, await predictionOf(network, x, movedBy(cond, 0)))).toEqual([true, true, true, true]);
    expect(changed(before, await predictionOf(network, x, movedBy(cond, 2 * C)))).toEqual([false, false, true, true]);
  });

  it("lets all see all when it is not causal", async () => {
    const network = transformer(chunk, { ...sizes, causal: false });
    const before = await predictionOf(network, x, cond);
    expect(changed(before, await predictionOf(network, movedBy(x, 3 * A), cond))).toEqual([true, true, true, true]);
    expect(changed(before, await predictionOf(network, x, movedBy(cond, 2 * C)))).toEqual([true, true, true, true]);
  });

  it("lets observations see each other through encoder layers, so that all reach the first action", async () => {
    const network = transformer(chunk, { ...sizes, condLayers: 1 });
    const before = await predictionOf(network, x, cond);
    expect(changed(before, await predictionOf(network, x, movedBy(cond, 2 * C)))).toEqual([true, true, true, true]);
    const names = namedParameters(network.parameters).map(({ name }) => upstreamName(name));
    expect(names).toContain("encoder.layers.0.self_attn.in_proj_weight");
  });

  it("hears of time alone where it has no conditioning", async () => {
    const network = transformer(chunk, { ...sizes, condSize: 0 });
    const types = [...parameterTypes(network.parameters), f32(B, H, A), f32(B), f32(B, 0)];
    const values = namedParameters(network.parameters).map(({ shape }, i) => normals(sizeOf(shape), i));
    const fn = withParameters(network.parameters, (params, x, time, cond) =>
      denoise(network, params, { x: x as Tensor, times: [time as Tensor], cond: cond as Tensor }));
    const at = async (time: number): Promise<number[]> => (await evaluate(fn, types, [...values, x, [time], []]))[0] ?? [];
    expect(changed(await at(0.2), await at(0.7))).toEqual([true, true, true, true]);
    expect(network.parameters.condPosEmb.shape).toEqual([1, 1, 8]);
    expect(Object.keys(network.parameters)).not.toContain("condObsEmb");
  });

  it("refuses sizes that do not divide, and observations of another size", () => {
    expect(() => transformer(chunk, { ...sizes, heads: 3 })).toThrow(new RangeError("transformer: width is 8, expected a multiple of its 3 attention heads"));
    expect(() => transformer(chunk, { ...sizes, obsSteps: 4 })).toThrow(
      new RangeError("transformer: conditioning has 6 features, expected a multiple of obsSteps, 4: a token per observation"),
    );
    const network = transformer(chunk, sizes);
    const wrong = { x: input("x", "f32", [B, H, A]), times: [input("t", "f32", [B])], cond: input("c", "f32", [B, 5]) };
    expect(() => denoise(network, parameterInputs(network.parameters), wrong)).toThrow(
      new ShapeError("transformer: cond is f32[B, 5], expected 3 observations of 2 features"),
    );
  });
});
