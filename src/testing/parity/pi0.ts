/** @file π0 and π0.5 of huggingface/lerobot by the names that golden files give them. */

import { z } from "zod";
import type { HostTensor } from "#engine/array";
import { input, mean, sub, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters } from "#engine/nn";
import { importParameters, importPi0, pi0Network, pi0Place, type Pi0Network, type Pi0Spec, type Pi0Variant } from "#policy/policies";
import type { GoldenFile } from "./golden-file.ts";
import { readConfig, tensorNamed, type ExpectedGradient, type ParityModule } from "./traced-module.ts";

const count = z.number().int().positive();

/** `e_…` are sizes of the expert, `v_…` of the vision tower. */
const pi0Config = z.object({
  vocab: count, width: count, depth: count, mlp: count, heads: count, kv_heads: count, head_dim: count,
  e_width: count, e_mlp: count,
  v_width: count, v_depth: count, v_heads: count, v_mlp: count, patch: count, image: count,
  cameras: count, horizon: count, action_dim: count, num_steps: count,
  min_period: z.number().positive().optional(), max_period: z.number().positive().optional(),
});

/** Names of parameters in the files. */
const PREFIX = "model.";

function pi0Module(variant: Pi0Variant): ParityModule {
  return {
    precisions: () => [{ dtype: "f32", outputTolerance: 1e-4, gradientTolerance: 1e-3 }],
    trace(golden) {
      const network = networkOf(variant, golden);
      const { head } = network;
      const inputs: Record<string, Tensor> = {};
      const feeds: Record<string, HostTensor> = { ...importPi0(golden.params, network.parameters, PREFIX) };
      const given = (name: string): Tensor => {
        const { dtype, shape } = (feeds[`input.${name}`] = tensorNamed(golden.inputs, name, "input"));
        return (inputs[`input.${name}`] = input(`input.${name}`, dtype, shape));
      };
      const params = mapParameters(network.parameters, ({ name, shape }) => (inputs[name] = input(name, "f32", shape)));
      const { cameras } = readConfig(pi0Config, golden);
      const seen = network.see(params.trunk, Array.from({ length: cameras }, (_, i) => given(`image_${i}`)));
      const prefix = network.prefix(params.trunk, {
        cameras: seen.map((tokens, i) => ({ tokens, isThere: given(`image_mask_${i}`) })),
        prompt: given("tokens"),
        isPrompt: given("token_mask"),
      });
      const cond = { memory: network.read(params.trunk, prefix).memory, ...(variant === "pi0" ? { state: given("state") } : {}) };
      const noise = given("noise");
      // Their time is how much noise is left.
      const losses = head.errors(params.expert, cond, { actions: given("actions"), noise, tau: sub(1, given("time")) });
      return {
        inputs,
        feeds,
        outputs: {
          image_embedding_0: seen[0] as Tensor, prefix_embeddings: prefix.tokens, losses, loss: mean(losses),
          sample: head.sample(params.expert, cond, noise),
        },
        gradients: expectedGradients(golden, network.parameters, inputs),
      };
    },
  };
}

function networkOf(variant: Pi0Variant, golden: GoldenFile): Pi0Network {
  const config = readConfig(pi0Config, golden);
  return pi0Network(variant, {
    trunk: {
      vision: { image: config.image, patch: config.patch, width: config.v_width, depth: config.v_depth, heads: config.v_heads, hidden: config.v_mlp },
      language: { width: config.width, depth: config.depth, hidden: config.mlp, heads: config.heads, kvHeads: config.kv_heads, headSize: config.head_dim },
      vocabulary: config.vocab,
    },
    expert: { width: config.e_width, hidden: config.e_mlp },
    chunk: { horizon: config.horizon, actionSize: config.action_dim },
    periods: { ...(config.min_period && { minPeriod: config.min_period }), ...(config.max_period && { maxPeriod: config.max_period }) },
  }, { integrationSteps: config.num_steps });
}

/** Of the expert and its projections, which the files have. */
function expectedGradients(golden: GoldenFile, { expert }: Pi0Spec, inputs: Readonly<Record<string, Tensor>>): Record<string, ExpectedGradient[]> {
  const expected = importParameters(golden.grads, { expert }, pi0Place, { prefix: PREFIX, who: "gradients of π0" });
  return Object.fromEntries(
    namedParameters({ expert }).map(({ name }) => [
      PREFIX + pi0Place({ name }).name,
      [{ of: inputs[name] as Tensor, expected: expected[name] as ExpectedGradient["expected"] }],
    ]),
  );
}

export const PI0_MODULES: Readonly<Record<string, ParityModule>> = { pi0: pi0Module("pi0"), pi05: pi0Module("pi05") };
