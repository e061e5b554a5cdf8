/** @file The chunk of a golden π0 by an execution provider, printed as JSON: `pi0-chunk.ts VARIANT PROVIDER`. A process of its own, because drivers are found when one starts. */

import { readFileSync } from "node:fs";
import { decodeSafetensors, toNumbers, type HostTensor } from "#engine/array";
import { emit, type Program } from "#engine/graph";
import type { Session, SessionOptions } from "#engine/runtime";
import { openSession } from "#engine/runtime/node";
import { importPi0, pi0Network, prefixProgram, seeProgram, stepsProgram, weightConstants, type Pi0Variant } from "#policy/policies";
import { GOLDEN_PI0, GOLDEN_PI0_SIZES } from "./golden-pi0.ts";

/** f[B * H * A], normalized. */
async function chunkOf(variant: Pi0Variant, provider: NonNullable<SessionOptions["provider"]>): Promise<number[]> {
  const { tensors } = decodeSafetensors(readFileSync(`fixtures/golden/${variant}_tiny.safetensors`));
  const part = (prefix: string): Record<string, HostTensor> =>
    Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])));
  const network = pi0Network(variant, GOLDEN_PI0);
  const weights = weightConstants(importPi0(part("param."), network.parameters, "model."));
  const given = part("input.") as Record<"image_0" | "image_1" | "image_mask_0" | "image_mask_1" | "tokens" | "token_mask" | "state" | "noise", HostTensor>;
  const open = (program: Program): Promise<Session> => openSession(emit(program).bytes, { provider });
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

const [, , variant = "pi0", provider = "cpu"] = process.argv;
process.stdout.write(JSON.stringify(await chunkOf(variant as Pi0Variant, provider as "cpu"))); // words of the test that starts this
