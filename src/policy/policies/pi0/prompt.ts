/** @file The prompt of π0 and π0.5: an instruction, and for π0.5 the state in digits, as ids of one length. */

import type { PromptTokenizer } from "#policy/encoders";
import type { Pi0Variant } from "./network.ts";

export interface Prompt {
  /** Ids, padded with 0 to the length. */
  readonly ids: readonly number[];
  /** How many of them are there. */
  readonly length: number;
  /** How many there would be without the limit: more than `length` where the end was cut off. */
  readonly wanted: number;
}

export interface PromptOptions {
  readonly variant: Pi0Variant;
  /** Whose texts: openpi tidies instructions and puts the new line of π0 behind as a token of its own; LeRobot does neither to π0's. */
  readonly origin: "openpi" | "lerobot";
  /** Ids there is room for. */
  readonly tokens: number;
  /** The robot's own state, normalized, without padding: told by π0.5, where there is one. */
  readonly state?: ArrayLike<number> | undefined;
}

/**
 * Sources: openpi at 15a9616, src/openpi/models/tokenizer.py `PaligemmaTokenizer`; huggingface/lerobot at 7427f31, policies/pi0/processor_pi0.py (`Pi0NewLineProcessor`) and
 * policies/pi05/processor_pi05.py.
 */
export function promptOf(instruction: string, tokenizer: PromptTokenizer, { variant, origin, tokens, state }: PromptOptions): Prompt {
  const all = [tokenizer.begin, ...idsOf(instruction, tokenizer, { variant, origin, state })];
  const kept = all.slice(0, tokens);
  return { ids: [...kept, ...Array<number>(tokens - kept.length).fill(0)], length: kept.length, wanted: all.length };
}

function idsOf(instruction: string, tokenizer: PromptTokenizer, { variant, origin, state }: Omit<PromptOptions, "tokens">): readonly number[] {
  const tidy = instruction.trim().replaceAll("_", " ").replaceAll("\n", " ");
  if (variant === "pi05" && state !== undefined) return tokenizer.encode(`Task: ${tidy}, State: ${stateBins(state).join(" ")};\nAction: `);
  if (origin === "openpi") return [...tokenizer.encode(tidy), ...tokenizer.encode("\n")];
  return tokenizer.encode(instruction.endsWith("\n") ? instruction : `${instruction}\n`);
}

/**
 * Bins of a normalized state: 256 of equal width over [-1, 1], -1 below.
 *
 * Source: NumPy's `digitize(s, linspace(-1, 1, 257)[:-1]) - 1`, as openpi and LeRobot have it.
 */
export function stateBins(state: ArrayLike<number>): number[] {
  return Array.from(state, (value) => (value < -1 ? -1 : Math.min(255, Math.floor((value + 1) * 128))));
}
