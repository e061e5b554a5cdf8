/** @file Denoisers against the implementations they follow: outputs, loss, and gradients of every parameter. */

import { expect, test } from "vitest";
import { gradients, mean, square, sub, type Tensor } from "#engine/graph";
import { namedParameters, type ParameterTree } from "#engine/nn";
import { evaluate, f32, goldenCase, parameterTypes, relativeError, withParameters } from "#testing";
import { denoise, type Denoiser } from "./denoiser.ts";
import { dpMlp } from "./dp-mlp.ts";
import type { MechanismName } from "./mechanisms.ts";
import { modulatedTransformer } from "./modulated-transformer.ts";
import { prefixTransformer } from "./prefix-transformer.ts";
import { transformer } from "./transformer.ts";

const [B, H, A, O, C, D] = [3, 5, 2, 2, 3, 8] as const;
const chunk = { horizon: H, actionSize: A };
const sizes = { condSize: O * C, obsSteps: O, width: D, blocks: 2, heads: 2, time: "diffusion" } as const;
const golden = goldenCase("decoupled_denoisers");

/** Values of one of our parameters among the reference's, which are found by name. */
type Find = (name: string, reference: (name: string) => number[]) => number[];

const underscored = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const asNamed: Find = (name, reference) => reference(underscored(name));

/** The reference's names of the two norms of a layer, and of the modulation of each half that is modulated. */
const layerNames = (norms: readonly string[], halves: readonly string[]): Find => (name, reference) =>
  reference(underscored(name).replace(/norms\.(\d)/, (_, i: string) => norms[Number(i)] ?? "").replace(/modulation\.(\d)/, (_, i: string) => halves[Number(i)] ?? ""));

/** Both halves packed in one linear layer, attention first. */
const packed = (linear: string): Find => (name, reference) => {
  const half = /modulation\.(\d)\.(.*)/.exec(name);
  if (half === null) return reference(underscored(name));
  const values = reference(name.replace(/modulation.*/, `${linear}.1.${half[2]}`));
  return half[1] === "0" ? values.slice(0, values.length / 2) : values.slice(values.length / 2);
};

const film: Find = (name, reference) => reference(underscored(name).replace(".film.", ".film.cond_encoder.1."));
const norms = ["norm1", "norm2"];
const modulated = (mechanism: MechanismName, modulates: "both" | "feed-forward" = "both") => modulatedTransformer(chunk, { ...sizes, mechanism, modulates });

const cases: readonly (readonly [reference: string, denoiser: unknown, find: Find])[] = [
  ["dp_mlp", dpMlp(chunk, sizes), film],
  ["dp_t_film", modulated("film", "feed-forward"), layerNames(["norm1", "norm3"], ["film_ffn.cond_encoder.1"])],
  ["film", modulated("film"), layerNames(norms, ["film_sa.1", "film_ffn.1"])],
  ["adaln", modulated("adaln"), packed("adaLN_modulation")],
  ["adaln_zero", modulated("adaln-zero"), packed("adaLN_modulation")],
  ["ada_rms_norm", modulated("ada-rms"), packed("adaRMSNorm_modulation")],
  ["additive", modulated("additive"), layerNames(norms, ["cond_proj_sa.1", "cond_proj_ff.1"])],
  ["cross_attn", transformer(chunk, sizes), asNamed],
  ["prefix", prefixTransformer(chunk, sizes), asNamed],
  ["prefix_encoder", prefixTransformer(chunk, { ...sizes, condLayers: 1 }), asNamed],
];

test.each(cases)("%s gives the reference's output, loss and gradients", async (reference, untyped, find) => {
  const denoiser = untyped as Denoiser<ParameterTree>; // which tree does not matter here
  const names = namedParameters(denoiser.parameters).map(({ name }) => name);
  const predict = withParameters(denoiser.parameters, (params, x, target, step, cond) => {
    const out = denoise(denoiser, params, { x: x as Tensor, times: [step as Tensor], cond: cond as Tensor });
    return [out, mean(square(sub(out, target as Tensor)))];
  });
  const [out = [], loss = [], ...slopes] = await evaluate(
    (...inputs) => {
      const outputs = predict(...inputs) as readonly Tensor[];
      return [...outputs, ...gradients(outputs[1] as Tensor, inputs.slice(0, names.length))];
    },
    [...parameterTypes(denoiser.parameters), f32(B, H, A), f32(B, H, A), f32(B), f32(B, O * C)],
    [
      ...names.map((name) => find(name, (path) => golden(`${reference}/param.${path}`))),
      ...["sample", "target", "timestep", "cond"].map((name) => golden(`input.${name}`)),
    ],
  );
  expect(relativeError(out, golden(`${reference}/output.out`))).toBeLessThan(1e-5);
  expect(relativeError(loss, golden(`${reference}/output.loss`))).toBeLessThan(1e-5);
  const errors = names.map((name, i) => [name, relativeError(slopes[i] ?? [], find(name, (path) => golden(`${reference}/grad.${path}`)))] as const);
  expect(errors.filter(([, error]) => !(error < 1e-4))).toEqual([]);
});
