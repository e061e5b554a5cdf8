/** @file Networks of real-stanford/diffusion_policy by the names that golden files give them. */

import { z } from "zod";
import { conditionalUnet, denoise, transformer, type Denoiser } from "#action/heads";
import { zeros, type HostTensor } from "#engine/array";
import { cast, constant, input, mean, reshape, square, sub, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters, type ParameterTree } from "#engine/nn";
import { conditionalUnetPlace, importConditionalUnet, importTransformer, transformerPlace, type PlaceOf } from "#policy/policies";
import type { GoldenFile, Tensors } from "./golden-file.ts";
import { readConfig, tensorNamed, type ExpectedGradient, type ParityModule, type Precision, type TracedModule } from "./traced-module.ts";

const SINGLE: Precision = { dtype: "f32", outputTolerance: 1e-4, gradientTolerance: 1e-3 };

const size = z.number().int().positive();

/** Fields and defaults of the reference implementation. */
const unetConfig = z.object({
  input_dim: size,
  global_cond_dim: z.number().int().nonnegative().nullish(),
  diffusion_step_embed_dim: size.default(256),
  down_dims: z.array(size).default([256, 512, 1024]),
  kernel_size: size.default(3),
  n_groups: size.default(8),
  cond_predict_scale: z.boolean().default(false),
});

const ConditionalUnet1D: ParityModule = {
  precisions: () => [SINGLE],
  trace(golden) {
    const config = readConfig(unetConfig, golden);
    const sample = tensorNamed(golden.inputs, "sample", "input");
    const chunk = { horizon: sample.shape[1] ?? 0, actionSize: config.input_dim };
    const denoiser = conditionalUnet(chunk, {
      condSize: config.global_cond_dim ?? 0,
      downDims: config.down_dims,
      kernelSize: config.kernel_size,
      groups: config.n_groups,
      timeSize: config.diffusion_step_embed_dim,
      film: config.cond_predict_scale ? "scale-and-bias" : "bias",
      time: "diffusion",
    });
    const readWeights = (tensors: Tensors): Tensors => importConditionalUnet(tensors, denoiser.parameters);
    const cond = (config.global_cond_dim ?? 0) === 0 ? null : "global_cond";
    return tracedDenoiser(golden, denoiser, { cond, readWeights, placeOf: conditionalUnetPlace });
  },
};

/** What the reference implementation has and ours does not is refused: no observation, time among the actions. */
const transformerConfig = z.object({
  input_dim: size,
  output_dim: size,
  horizon: size,
  n_obs_steps: size.nullish(),
  cond_dim: z.number({ error: "expected observations: a network without them is not built here" }).int().positive(),
  n_layer: size.default(12),
  n_head: size.default(12),
  n_emb: size.default(768),
  causal_attn: z.boolean().default(false),
  time_as_cond: z.literal(true).default(true),
  n_cond_layers: z.number().int().nonnegative().default(0),
}).refine(({ input_dim, output_dim }) => input_dim === output_dim, "input_dim and output_dim differ, expected chunks in and out");

const TransformerForDiffusion: ParityModule = {
  precisions: () => [SINGLE],
  trace(golden) {
    const config = readConfig(transformerConfig, golden);
    const obsSteps = config.n_obs_steps ?? config.horizon;
    const denoiser = transformer({ horizon: config.horizon, actionSize: config.input_dim }, {
      condSize: obsSteps * config.cond_dim,
      obsSteps,
      width: config.n_emb,
      blocks: config.n_layer,
      heads: config.n_head,
      causal: config.causal_attn,
      condLayers: config.n_cond_layers,
      time: "diffusion",
    });
    const readWeights = (tensors: Tensors): Tensors => importTransformer(tensors, denoiser.parameters);
    return tracedDenoiser(golden, denoiser, { cond: "cond", readWeights, placeOf: transformerPlace });
  },
};

export const NETWORKS: Readonly<Record<string, ParityModule>> = { ConditionalUnet1D, TransformerForDiffusion };

/** How a network's weights are read, and what its files call its conditioning, if it has one. */
interface Reading {
  readonly cond: string | null;
  /** Weights, or gradients, by our names and in our layout. */
  readonly readWeights: (tensors: Tensors) => Tensors;
  readonly placeOf: PlaceOf;
}

/** The denoiser at diffusion steps `timestep`, with the mean squared error to `target` as its loss. */
function tracedDenoiser<P extends ParameterTree>(
  golden: GoldenFile,
  denoiser: Denoiser<P>,
  { cond, readWeights, placeOf }: Reading,
): TracedModule {
  const inputs: Record<string, Tensor> = {};
  const feeds: Record<string, HostTensor> = { ...readWeights(golden.params) };
  const declare = (name: string, value: HostTensor): Tensor => (inputs[name] = input(name, value.dtype, value.shape));
  const given = (name: string): Tensor => {
    const value = tensorNamed(golden.inputs, name, "input");
    feeds[`input.${name}`] = value;
    return declare(`input.${name}`, value);
  };
  const params = mapParameters(denoiser.parameters, ({ name, shape }) => (inputs[name] = input(name, "f32", shape)));
  const [x, step] = [given("sample"), given("timestep")];
  const [batch = 0] = x.shape;
  // Observations one after the other.
  const features = cond === null ? constant(zeros("f32", [batch, 0])) : reshape(given(cond), [batch, -1]);
  const out = denoise(denoiser, params, { x, times: [cast(step, "f32")], cond: features });
  const loss = mean(square(sub(out, given("target"))));

  const expected = Object.keys(golden.grads).length === 0 ? {} : readWeights(golden.grads);
  const gradients: Record<string, ExpectedGradient[]> = {};
  for (const spec of namedParameters(denoiser.parameters)) {
    const [of, gradient] = [inputs[spec.name], expected[spec.name]];
    if (of !== undefined && gradient !== undefined) (gradients[placeOf(spec).name] ??= []).push({ of, expected: gradient });
  }
  return { inputs, feeds, outputs: { out, loss }, gradients };
}
