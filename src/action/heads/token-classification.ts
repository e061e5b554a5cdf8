/** @file Token head in parallel: a classification for every step and slot of the chunk, all at once. */

import type { GridCodec } from "#action/tokens";
import { gelu, reshape, scope, slice, type Tensor } from "#engine/graph";
import { layerNorm, layerNormSpec, linear, linearSpec, type LayerNormSpec, type LinearSpec, type ParameterTree, type Traced } from "#engine/nn";
import { assertTemperature, chooseIndex, uniformsOf, type Choice } from "./draw-index.ts";
import type { ActionHead, ChunkSpec, TypedHostInput } from "./head.ts";
import { assertCodec, decodeSlots, slotLoss, tokenTargets } from "./token-slots.ts";
import { assertHeadInputs } from "./head-inputs.ts";
import type { Trunk } from "./trunk.ts";

export interface TokenClassificationOptions {
  readonly codec: GridCodec;
  /** D: features of a step. Default: as many as the trunk has. */
  readonly width?: number;
  /** How a token is chosen in acting. Default `"sampled"`, every token by itself. */
  readonly choose?: Choice;
  /** Below 1 unlikely tokens become rarer still when they are drawn. Default 1: as learned. */
  readonly temperature?: number;
}

interface TokenClassificationParameters<P extends ParameterTree> {
  readonly [name: string]: P | LinearSpec | LayerNormSpec;
  readonly trunk: P;
  readonly steps: LinearSpec;
  readonly norm: LayerNormSpec;
  readonly output: LinearSpec;
}

export interface TokenClassificationHead<P extends ParameterTree> extends ActionHead<TokenClassificationParameters<P>, "tokens"> {
  readonly hostInputs: { readonly tokens: TypedHostInput<"i64"> };
}

/**
 * The head over a trunk: its features become D features per step, and one layer for all steps gives the logits of every slot.
 *
 * A slot has its own ids and its own softmax, so no other token can come out. Tokens are independent of each other given the
 * observation: several answers per token are kept apart, but not told which of them go together, so where demonstrations pass an
 * obstacle on both sides a sampled chunk may go left in one step and right in the next. A slot that holds several dimensions, as
 * the spatial grids have, keeps those together.
 *
 * Source: Brohan et al. 2022 (RT-1), arXiv:2212.06817, whose tokens do not see each other either: google-research/robotics_transformer
 * at 4569641, transformer_network.py, L196-212 and L633-635; there it is a transformer over image tokens that gives the features,
 * the loss the same mean cross-entropy. RT-1 and OpenVLA act with the most likely token; here it is drawn unless told otherwise.
 *
 * @throws RangeError when the codec is made for other actions
 */
export function tokenClassificationHead<P extends ParameterTree>(
  trunk: Trunk<P>,
  chunk: ChunkSpec,
  options: TokenClassificationOptions,
): TokenClassificationHead<P> {
  const { codec, width = trunk.size, choose = "sampled", temperature = 1 } = options;
  assertCodec(codec, chunk, "tokenClassificationHead");
  assertTemperature(temperature, "tokenClassificationHead");
  const { slots } = codec;
  const { horizon } = chunk;
  const hostInputs = { tokens: tokenTargets(codec, chunk) };
  const noiseShape = choose === "sampled" ? [horizon, slots.length] : [0];
  const sizes = { chunk, condSize: trunk.condSize, hostInputs, noiseShape };
  const ends = slots.reduce<number[]>((sums, { size }) => [...sums, (sums.at(-1) ?? 0) + size], []);

  const logitsOf = (params: Traced<TokenClassificationParameters<P>>, cond: Tensor): Tensor[] => {
    const features = scope("trunk", () => trunk.features(params.trunk, cond));
    const steps = scope("steps", () => gelu(reshape(linear(params.steps, features), [-1, horizon, width])));
    const logits = scope("output", () => linear(params.output, layerNorm(params.norm, steps)));
    return slots.map(({ size }, s) => slice(logits, 2, (ends[s] ?? 0) - size, ends[s]));
  };

  return {
    chunk,
    parameters: {
      trunk: trunk.parameters,
      steps: linearSpec(trunk.size, horizon * width, { role: "trunk" }),
      norm: layerNormSpec(width, "output"),
      output: linearSpec(width, ends.at(-1) ?? 0, { role: "output" }),
    },
    hostInputs,
    noiseShape,

    loss(params, cond, targets, { tokens }) {
      assertHeadInputs("tokenClassificationHead", sizes, { cond, targets, inputs: { tokens } });
      return slotLoss(codec, logitsOf(params, cond), { ...targets, tokens });
    },

    sample(params, cond, noise) {
      assertHeadInputs("tokenClassificationHead", sizes, { cond, noise });
      const uniforms = choose === "sampled" ? uniformsOf(noise) : null; // [B, H, S]
      const at = (s: number): Tensor | null => uniforms && reshape(slice(uniforms, 2, s, s + 1), [-1, horizon]);
      return decodeSlots(slots, logitsOf(params, cond).map((logits, s) => chooseIndex(logits, at(s), temperature)));
    },
  };
}
