/** @file Networks of real-stanford/diffusion_policy by the names that golden files give them. */

import { z } from "zod";
import { conditionalUnet, denoise, encoderTransformer, transformer, type Denoiser } from "#action/heads";
import { sizeOf, zeros, type HostTensor } from "#engine/array";
import { broadcastTo, cast, concat, constant, input, mean, reshape, square, sub, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters, type ParameterTree } from "#engine/nn";
import { conditionalUnetPlace, importConditionalUnet, importTransformer, transformerPlace, type PlaceOf } from "#policy/policies";
import type { GoldenFile, Tensors } from "./golden-file.ts";
import { readConfig, tensorNamed, type ExpectedGradient, type ParityModule, type Precision, type TracedModule } from "./traced-module.ts";

const SINGLE: Precision = { dtype: "f32", outputTolerance: 1e-4, gradientTolerance: 1e-3 };

const size = z.number().int().positive();
const count = z.number().int().nonnegative();

/** Fields and defaults of the reference implementation. */
const unetConfig = z.object({
  input_dim: size,
  local_cond_dim: count.nullish(),
  global_cond_dim: count.nullish(),
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
    const [globalSize, localSize] = [config.global_cond_dim ?? 0, config.local_cond_dim ?? 0];
    const chunk = { horizon: sample.shape[1] ?? 0, actionSize: config.input_dim };
    const denoiser = conditionalUnet(chunk, {
      condSize: globalSize + chunk.horizon * localSize,
      localSize,
      downDims: config.down_dims,
      kernelSize: config.kernel_size,
      groups: config.n_groups,
      timeSize: config.diffusion_step_embed_dim,
      film: config.cond_predict_scale ? "scale-and-bias" : "bias",
      time: "diffusion",
    });
    const readWeights = (tensors: Tensors): Tensors => importConditionalUnet(tensors, denoiser.parameters);
    const conds = [...(globalSize === 0 ? [] : ["global_cond"]), ...(localSize === 0 ? [] : ["local_cond"])];
    return tracedDenoiser(golden, denoiser, { conds, readWeights, placeOf: conditionalUnetPlace });
  },
};

/** `obs_as_cond` is not read there either: there are observations where they have a size. */
const transformerConfig = z.object({
  input_dim: size,
  output_dim: size,
  horizon: size,
  n_obs_steps: size.nullish(),
  cond_dim: count.default(0),
  n_layer: size.default(12),
  n_head: size.default(12),
  n_emb: size.default(768),
  causal_attn: z.boolean().default(false),
  time_as_cond: z.boolean().default(true),
  n_cond_layers: count.default(0),
}).refine(({ time_as_cond, cond_dim }) => time_as_cond || cond_dim === 0, "cond_dim without time_as_cond: upstream asserts that there is no such network");

const TransformerForDiffusion: ParityModule = {
  precisions: () => [SINGLE],
  trace(golden) {
    const config = readConfig(transformerConfig, golden);
    const chunk = { horizon: config.horizon, actionSize: config.input_dim };
    const obsSteps = config.n_obs_steps ?? config.horizon;
    const common = {
      outputSize: config.output_dim,
      width: config.n_emb,
      blocks: config.n_layer,
      heads: config.n_head,
      causal: config.causal_attn,
      time: "diffusion",
    } as const;
    const traced = <P extends ParameterTree>(denoiser: Denoiser<P>): TracedModule => {
      const readWeights = (tensors: Tensors): Tensors => importTransformer(tensors, denoiser.parameters);
      return tracedDenoiser(golden, denoiser, { conds: config.cond_dim === 0 ? [] : ["cond"], readWeights, placeOf: transformerPlace });
    };
    if (!config.time_as_cond) return traced(encoderTransformer(chunk, common));
    return traced(transformer(chunk, { ...common, condSize: obsSteps * config.cond_dim, obsSteps, condLayers: config.n_cond_layers }));
  },
};

export const NETWORKS: Readonly<Record<string, ParityModule>> = { ConditionalUnet1D, TransformerForDiffusion };

/** How a network's weights are read, and what its files call the parts of its conditioning, where it has some. */
interface Reading {
  readonly conds: readonly string[];
  /** Weights, or gradients, by our names and in our layout. */
  readonly readWeights: (tensors: Tensors) => Tensors;
  readonly placeOf: PlaceOf;
}

/** The denoiser at diffusion steps `timestep`, with the mean squared error to `target` as its loss. */
function tracedDenoiser<P extends ParameterTree>(
  golden: GoldenFile,
  denoiser: Denoiser<P>,
  { conds, readWeights, placeOf }: Reading,
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
  // Observations, or features of steps, one after the other.
  const rows = conds.map(given).map((cond) => reshape(cond, [batch, sizeOf(cond.shape.slice(1))]));
  const cond = rows.length === 0 ? constant(zeros("f32", [batch, 0])) : concat(rows, 1);
  // One step for all, or one for each.
  const out = denoise(denoiser, params, { x, times: [broadcastTo(cast(step, "f32"), [batch])], cond });
  const loss = mean(square(sub(out, given("target"))));

  const expected = Object.keys(golden.grads).length === 0 ? {} : readWeights(golden.grads);
  const gradients: Record<string, ExpectedGradient[]> = {};
  for (const spec of namedParameters(denoiser.parameters)) {
    const [of, gradient] = [inputs[spec.name], expected[spec.name]];
    if (of !== undefined && gradient !== undefined) (gradients[placeOf(spec).name] ??= []).push({ of, expected: gradient });
  }
  return { inputs, feeds, outputs: { out, loss }, gradients };
}
