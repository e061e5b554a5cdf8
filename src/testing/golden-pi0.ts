/** @file The golden π0 and π0.5, `fixtures/golden/pi0_tiny.safetensors` and `pi05_tiny.safetensors`: their sizes, and the chunk that our graphs draw. */

import { readFileSync } from "node:fs";
import { decodeSafetensors, toNumbers, type HostTensor } from "#engine/array";
import { emit, type Program } from "#engine/graph";
import type { OpenSession, Session, SessionOptions } from "#engine/runtime";
import { importPi0, pi0Network, prefixProgram, seeProgram, stepsProgram, weightConstants, type Pi0Size, type Pi0Variant } from "#policy/policies";

export const GOLDEN_PI0: Pi0Size = {
  trunk: {
    vision: { image: 14, patch: 7, width: 24, depth: 2, heads: 3, hidden: 40 },
    language: { width: 32, depth: 2, hidden: 64, heads: 8, kvHeads: 1, headSize: 8 },
    vocabulary: 64,
  },
  expert: { width: 24, hidden: 48 },
  chunk: { horizon: 6, actionSize: 8 },
};

export const GOLDEN_PI0_SIZES = { batch: 2, cameras: 2, promptTokens: 9 } as const;

/** The chunk f[B * H * A], normalized, of a golden file's parameters and inputs by the three graphs: it should be the file's `output.sample`. */
export async function goldenPi0Chunk(variant: Pi0Variant, openSession: OpenSession, options: SessionOptions = {}): Promise<number[]> {
  const { tensors } = decodeSafetensors(readFileSync(`fixtures/golden/${variant}_tiny.safetensors`));
  const part = (prefix: string): Record<string, HostTensor> =>
    Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])));
  const network = pi0Network(variant, GOLDEN_PI0);
  const weights = weightConstants(importPi0(part("param."), network.parameters, "model."));
  const given = part("input.") as Record<"image_0" | "image_1" | "image_mask_0" | "image_mask_1" | "tokens" | "token_mask" | "state" | "noise", HostTensor>;
  const open = (program: Program): Promise<Session> => openSession(emit(program).bytes, options);
  await using see = await open(seeProgram(network, weights, GOLDEN_PI0_SIZES));
  await using prefix = await open(prefixProgram(network, weights, GOLDEN_PI0_SIZES));
  await using steps = await open(stepsProgram(network, weights, GOLDEN_PI0_SIZES));
  const seen = async (image: HostTensor): Promise<HostTensor> => (await see.run({ image }))["seen"] as HostTensor;
  const memory = await prefix.run({
    "seen.0": await seen(given.image_0), "seen.1": await seen(given.image_1), "isThere.0": given.image_mask_0, "isThere.1": given.image_mask_1, prompt: given.tokens, isPrompt: given.token_mask,
  });
  const { chunk } = await steps.run({ ...memory, ...(variant === "pi0" ? { state: given.state } : {}), noise: given.noise });
  return toNumbers(chunk as HostTensor);
}
