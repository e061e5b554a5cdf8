/** @file Tests of the modulated transformer: how it starts, what is modulated, what it refuses. */

import { expect, it, test } from "vitest";
import { toNumbers } from "#engine/array";
import type { Tensor } from "#engine/graph";
import { initialParameters, namedParameters, parameterCount } from "#engine/nn";
import { evaluate, f32, normals, parameterTypes, withParameters } from "#testing";
import { denoise } from "./denoiser.ts";
import type { MechanismName } from "./mechanisms.ts";
import { modulatedTransformer, type ModulatedTransformerOptions } from "./modulated-transformer.ts";

const [B, H, A, C, D] = [2, 3, 2, 4, 8] as const;
const chunk = { horizon: H, actionSize: A };
const sizes = { condSize: C, width: D, blocks: 2 };
const x = normals(B * H * A, 1);

/** The prediction of a network with its initial parameters. */
async function untrained(options: ModulatedTransformerOptions, cond: readonly number[], times: readonly (readonly number[])[] = [[0.3, 0.6]]): Promise<number[]> {
  const network = modulatedTransformer(chunk, options);
  const fn = withParameters(network.parameters, (params, noisy, features, ...at) =>
    denoise(network, params, { x: noisy as Tensor, times: at, cond: features as Tensor }));
  const initial = initialParameters(network.parameters, 0);
  const values = namedParameters(network.parameters).map(({ name }) => toNumbers(initial[name] as NonNullable<(typeof initial)[string]>));
  const types = [...parameterTypes(network.parameters), f32(B, H, A), f32(B, C), ...times.map(() => f32(B))];
  const [y = []] = await evaluate(fn, types, [...values, x, cond, ...times]);
  return y;
}

test.each([["adaln-zero", false], ["additive", false], ["film", true], ["adaln", true], ["ada-rms", true]] as const)(
  "%s starts seeing its observation: %s",
  async (mechanism, sees) => {
    const [one, other] = [normals(B * C, 2), normals(B * C, 3)];
    const [before, after] = [await untrained({ ...sizes, mechanism }, one), await untrained({ ...sizes, mechanism }, other)];
    expect(JSON.stringify(before) !== JSON.stringify(after)).toBe(sees);
  },
);

it("starts as the identity between stem and output under adaLN-Zero, however many its layers", async () => {
  const cond = normals(B * C, 2);
  const shallow = await untrained({ ...sizes, mechanism: "adaln-zero", blocks: 1 }, cond);
  const deep = await untrained({ ...sizes, mechanism: "adaln-zero", blocks: 3 }, cond);
  expect(shallow).toEqual(deep);
});

it("takes a second time as more features of the first", async () => {
  const options = { ...sizes, mechanism: "film", times: 2 } as const;
  const cond = normals(B * C, 2);
  const first = await untrained(options, cond, [[0.3, 0.6], [0.1, 0.1]]);
  const second = await untrained(options, cond, [[0.3, 0.6], [0.1, 0.2]]);
  expect(first.slice(0, H * A)).toEqual(second.slice(0, H * A));
  expect(first.slice(H * A)).not.toEqual(second.slice(H * A));
});

test.each([["film", 2, true], ["adaln", 2, false], ["adaln-zero", 3, false], ["ada-rms", 2, false], ["additive", 1, true]] as const)(
  "%s gives each half of a layer %d vectors, and a gain of its own: %s",
  (mechanism: MechanismName, vectors, hasGain) => {
    const [two, three] = [2, 3].map((blocks) => parameterCount(modulatedTransformer(chunk, { ...sizes, blocks, mechanism }).parameters));
    const attention = 4 * D * D + 4 * D;
    const feedForward = 8 * D * D + 5 * D;
    const modulation = 2 * vectors * D * (D + C + 1);
    expect((three ?? NaN) - (two ?? NaN)).toBe(attention + feedForward + modulation + (hasGain ? 4 * D : 0));
  },
);

it("leaves attention alone when only the feed-forward is modulated", () => {
  const { parameters } = modulatedTransformer(chunk, { ...sizes, mechanism: "film", modulates: "feed-forward" });
  const modulation = namedParameters(parameters).filter(({ name }) => name.includes("modulation"));
  expect(modulation).toHaveLength(2 * 2); // weight and bias in each of two layers
  expect(modulation.every(({ decay, role }) => !decay && role === "modulation")).toBe(true);
});

it("refuses a width that its heads do not divide", () => {
  const make = () => modulatedTransformer(chunk, { ...sizes, mechanism: "film", heads: 3 });
  expect(make).toThrow(new RangeError("transformer: width is 8, expected a multiple of its 3 attention heads"));
});

it("answers a mechanism that there is not with those there are", () => {
  // Untyped callers may say anything.
  const make = () => modulatedTransformer(chunk, { ...sizes, mechanism: "foo" as MechanismName });
  expect(make).toThrow(new RangeError('modulatedTransformer: there is no mechanism "foo"; mechanisms are film, adaln, adaln-zero, ada-rms, additive'));
});
