/** @file What a π0 policy observes: cameras, an instruction and its state, read by a trunk for an expert. */

import { zeroPadded, type Pi0Condition, type PointingCondition, type WritingCondition } from "#action/heads";
import { tensorFrom } from "#engine/array";
import { add, cast, clip, concat, constant, greater, mul, reshape, slice, sub, type Tensor } from "#engine/graph";
import type { Traced } from "#engine/nn";
import { assertObservations, imageInput, OBSERVATION, TEXT, WORD_IDS, type ObservationInput, type ObservationReader, type Observations, type PaligemmaSpec } from "#policy/encoders";
import type { Pi0Network } from "./network.ts";

export interface TrunkReaderOptions {
  readonly cameras: readonly string[];
  /** Side of the images, px. */
  readonly image: number;
  /** Numbers of a state. */
  readonly stateSize: number;
  /** Words there is room for in an instruction; none where none is read. */
  readonly instructionWords?: number | undefined;
  /** K: tokens that actions are written in, behind the ids of a prompt; see `vocabularyOf`. Default none. */
  readonly actionTokens?: number | undefined;
  /** P: things that are asked for, so that tokens of the prompt can point at them. Default none. */
  readonly points?: number | undefined;
}

/** What the expert looks at, and what trunks that write or point have besides. */
export type TrunkCondition = Pi0Condition & Partial<Pick<WritingCondition, "write"> & Pick<PointingCondition, "pointing">>;

/** Ids of a prompt: 0 is padding, then words; behind them the bins of a state that is told in the prompt. */
const WORDS = 1 + WORD_IDS;
const BINS = 256;
const PROMPT_VOCABULARY = WORDS + BINS;
/** What a written chunk begins behind. */
const BEGIN = PROMPT_VOCABULARY;

/** Ids of a prompt; where actions are written, of what they begin behind and of their K tokens; of P questions where things are. */
export function vocabularyOf(options: Pick<TrunkReaderOptions, "actionTokens" | "points">): number {
  return questionsFrom(options) + (options.points ?? 0);
}

/** The first id of a question. */
function questionsFrom({ actionTokens }: Pick<TrunkReaderOptions, "actionTokens">): number {
  return PROMPT_VOCABULARY + (actionTokens === undefined ? 0 : 1 + actionTokens);
}

/**
 * Reads `image.NAME` f32[B, 1, 3, s, s] in [0, 1], `text` i64[B, N], ids of `wordIds`, and `observation` f32[B, 1, S], normalized.
 *
 * π0 takes the state as a token of the expert. π0.5 has it in the prompt, a bin of 256 for each number, as published models do in digits: b = ⌊128·(s + 1)⌋ for s
 * in [-1, 1]. Published models come with a tokenizer of their own; here a word is an id. Where things are asked for, a question for each ends the prompt.
 */
export function trunkReader(network: Pi0Network, options: TrunkReaderOptions): ObservationReader<TrunkCondition> {
  const inputs = readInputs(options);
  const { actionTokens, points = 0 } = options;
  const questions = Array.from({ length: points }, (_, i) => questionsFrom(options) + i);
  return {
    parameters: network.parameters.trunk,
    inputs,
    encode(params, observations) {
      const batch = assertObservations(inputs, observations);
      const isThere = constant(tensorFrom("bool", [batch], Array<number>(batch).fill(1)));
      const state = reshape(observations[OBSERVATION] as Tensor, [batch, options.stateSize]); // looked at above
      const trunk = params as Traced<PaligemmaSpec>; // the parameters are this reader's own
      const seen = network.see(trunk, options.cameras.map((camera) => pixels(observations[imageInput(camera)] as Tensor)));
      const cameras = seen.map((tokens) => ({ tokens, isThere }));
      const prefix = network.prefix(trunk, { cameras, ...promptOf(observations, { batch, state: network.variant === "pi05" ? state : undefined, questions }) });
      const { memory, states } = network.read(trunk, prefix);
      const known = network.variant === "pi0" ? { memory, state: zeroPadded(state, network.size.stateSize ?? options.stateSize) } : { memory };
      const ids = [BEGIN + 1, BEGIN + 1 + (actionTokens ?? 0)] as const;
      return {
        ...known,
        ...(points === 0 ? {} : { pointing: states.map((tokens) => lastOf(tokens, points)) }),
        ...(actionTokens === undefined ? {} : { write: (tokens: Tensor) => network.write(trunk, { memory, text: behindBegin(tokens), ids }) }),
      };
    },
  };
}

function readInputs({ cameras, image, stateSize, instructionWords }: TrunkReaderOptions): Record<string, ObservationInput> {
  const seen = cameras.map((camera): [string, ObservationInput] => [imageInput(camera), { dtype: "f32", shape: (batch) => [batch, 1, 3, image, image] }]);
  return {
    [OBSERVATION]: { dtype: "f32", shape: (batch) => [batch, 1, stateSize] },
    ...Object.fromEntries(seen),
    ...(instructionWords === undefined ? {} : { [TEXT]: { dtype: "i64", shape: (batch: number) => [batch, instructionWords] } }),
  };
}

/** What is there when each of the tokens i64[B, N] is written: the beginning, and the tokens before it. */
function behindBegin(tokens: Tensor): Tensor {
  const [batch = 0, count = 0] = tokens.shape;
  const begin = constant(tensorFrom("i64", [batch, 1], Array<number>(batch).fill(BEGIN)));
  return count === 1 ? begin : concat([begin, add(slice(tokens, 1, 0, count - 1), BEGIN + 1)], 1);
}

/** f32[B, 1, 3, s, s] in [0, 1] → f32[B, 3, s, s] in [-1, 1]. */
function pixels(images: Tensor): Tensor {
  const [batch = 0, , ...size] = images.shape;
  return sub(mul(reshape(images, [batch, ...size]), 2), 1);
}

/** The last of tokens f32[B, N, D]. */
function lastOf(tokens: Tensor, count: number): Tensor {
  const [, all = 0] = tokens.shape;
  return slice(tokens, 1, all - count, all);
}

interface PromptParts {
  readonly batch: number;
  readonly state: Tensor | undefined;
  readonly questions: readonly number[];
}

/** Words of the instruction, then bins of the state, then questions; where there is none of these, one token that says nothing. */
function promptOf(observations: Observations, { batch, state, questions }: PromptParts): { readonly prompt: Tensor; readonly isPrompt: Tensor } {
  const text = observations[TEXT];
  const stateTokens = state === undefined ? [] : [add(cast(clip(mul(add(state, 1), BINS / 2), 0, BINS - 1), "i64"), WORDS)];
  const asked = questions.length === 0 ? [] : [constant(tensorFrom("i64", [batch, questions.length], Array.from({ length: batch }, () => questions).flat()))];
  const parts = [...(text === undefined ? [] : [text]), ...stateTokens, ...asked];
  const prompt = parts.length === 0 ? constant(tensorFrom("i64", [batch, 1], Array<number>(batch).fill(1))) : parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 1);
  return { prompt, isPrompt: greater(cast(prompt, "f32"), 0) };
}
