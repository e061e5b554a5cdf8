/** @file Token head in sequence: the tokens of the chunk one after the other, each knowing those before. */

import type { GridCodec } from "#action/tokens";
import { add, concat, reshape, slice, type Tensor } from "#engine/graph";
import { causalDecoder, type CausalDecoderParameters, type CausalDecoderSize, type DecoderState } from "./causal-decoder.ts";
import { assertTemperature, chooseIndex, uniformsOf, type Choice } from "./draw-index.ts";
import type { ActionHead, ChunkSpec, TypedHostInput } from "./head.ts";
import { assertHeadInputs } from "./head-inputs.ts";
import { assertCodec, decodeSlots, slotLoss, tokenTargets } from "./token-slots.ts";

export interface AutoregressiveOptions extends CausalDecoderSize {
  readonly codec: GridCodec;
  /** How a token is chosen in acting. Default `"sampled"`. */
  readonly choose?: Choice;
  /** Below 1 unlikely tokens become rarer still when they are drawn. Default 1: as learned. */
  readonly temperature?: number;
}

export interface AutoregressiveHead extends ActionHead<CausalDecoderParameters, "tokens"> {
  readonly hostInputs: { readonly tokens: TypedHostInput<"i64"> };
}

/**
 * p(chunk) = Π_n p(token_n | observation, tokens before n), over the H·S tokens of the chunk, step by step and slot by slot.
 *
 * Learning gives all tokens at once (teacher forcing). Acting is one graph in which each token is worked out from a cache of
 * those before it; the softmax runs over the ids of the token's slot alone, in learning and acting, so no other can come out.
 * Sampled tokens go together: whoever has turned left in one step goes on turning left.
 *
 * Sources: Zitkovich et al. 2023 (RT-2), arXiv:2307.15818; Kim et al. 2024 (OpenVLA), arXiv:2406.09246; Qu et al. 2025
 * (SpatialVLA), arXiv:2501.15830. There the decoder is a language model; here it is a small transformer, which knows no language.
 * They act greedily; here tokens are drawn unless told otherwise.
 *
 * @throws RangeError when the codec is made for other actions
 */
export function autoregressiveHead(chunk: ChunkSpec, options: AutoregressiveOptions): AutoregressiveHead {
  const { codec, choose = "sampled", temperature = 1, ...size } = options;
  assertCodec(codec, chunk, "autoregressiveHead");
  assertTemperature(temperature, "autoregressiveHead");
  const { slots, vocabulary } = codec;
  const perStep = slots.length;
  const places = chunk.horizon * perStep;
  const decoder = causalDecoder({ ...size, places, vocabulary });
  const hostInputs = { tokens: tokenTargets(codec, chunk) };
  const noiseShape = choose === "sampled" ? [places] : [0];
  const sizes = { chunk, condSize: size.condSize, hostInputs, noiseShape };

  return {
    chunk,
    parameters: decoder.parameters,
    hostInputs,
    noiseShape,

    loss(params, cond, targets, { tokens }) {
      assertHeadInputs("autoregressiveHead", sizes, { cond, targets, inputs: { tokens } });
      const hidden = decoder.all(params, cond, reshape(tokens, [-1, places])); // [B, N, D]
      const grid = reshape(hidden, [-1, chunk.horizon, perStep, hidden.shape[2] ?? 0]);
      const at = (s: number): Tensor => reshape(slice(grid, 2, s, s + 1), [-1, chunk.horizon, hidden.shape[2] ?? 0]);
      const logits = slots.map((slot, s) => decoder.logits(params, at(s), slot));
      return slotLoss(codec, logits, { ...targets, tokens });
    },

    sample(params, cond, noise) {
      assertHeadInputs("autoregressiveHead", sizes, { cond, noise });
      const uniforms = choose === "sampled" ? uniformsOf(noise) : null; // [B, N]
      const rows: Tensor[][] = slots.map(() => []);
      let state: DecoderState = decoder.begin(params, cond);
      for (let place = 0; place < places; place++) {
        const slot = slots[place % perStep] ?? { offset: 0, size: vocabulary };
        const u = uniforms && reshape(slice(uniforms, 1, place, place + 1), [-1]);
        const row = chooseIndex(decoder.logits(params, state.hidden, slot), u, temperature); // [B]
        rows[place % perStep]?.push(reshape(row, [-1, 1]));
        if (place + 1 < places) state = decoder.next(params, state, { ids: add(row, slot.offset), place });
      }
      return decodeSlots(slots, rows.map((steps) => concat(steps, 1)));
    },
  };
}
