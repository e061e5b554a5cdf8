/** @file Laws of an actor that sees and reads. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { cropFrame, textIds } from "#policy/encoders";
import { chunkNoise, policyActor } from "./actor.ts";
import { initialPolicy, policyNetwork } from "./network.ts";
import { loadPolicy } from "./policy.ts";

const vision = { cameras: ["front"], imageSize: 40, cropSize: 36, channels: 16 };
const spec = { head: "flow-mlp", obsSteps: 2, obsSize: 1, horizon: 4, actionSize: 2, width: 8, blocks: 1, integrationSteps: 2, codec: null, vision, instructionBytes: 8 };
const network = policyNetwork(spec);
const unit = (width: number) => ({ kind: "limits" as const, scale: Array<number>(width).fill(1), offset: Array<number>(width).fill(0) });
const weights = { network, weights: initialPolicy(network, 1), normalizers: { observation: unit(1), action: unit(2) } };

const frame = (seed: number): Uint8Array => Uint8Array.from({ length: 40 * 40 * 3 }, (_, i) => rng(seed, i).integer(0, 256));

test("an actor writes the middle of the last O frames, the oldest first, and the instruction", async () => {
  await using policy = loadPolicy(weights, openSession);
  const { observations } = await policy.sampler(1);
  const actor = await policyActor(policy, { executeSteps: 1 });
  const crops = [1, 2].map((seed) => {
    const out = new Float32Array(3 * 36 * 36);
    cropFrame({ size: [40, 40], channels: 3, data: frame(seed) }, out, { crop: [36, 36], offset: [2, 2] });
    return [...out];
  });
  const seen = (): number[] => Array.from(observations["image.front"]?.data ?? [], Number);
  actor.reset(0);
  await actor.act([0], { frames: { front: frame(1) }, instruction: "lift" });
  expect(seen()).toEqual([...(crops[0] ?? []), ...(crops[0] ?? [])]);
  await actor.act([0], { frames: { front: frame(2) }, instruction: "drop" });
  expect(seen()).toEqual(crops.flat());
  expect(observations["text"]?.data).toEqual(textIds(["drop"], 8).data);
  actor.reset(0);
  await actor.act([0], { frames: { front: frame(2) }, instruction: "drop" });
  expect(seen()).toEqual([...(crops[1] ?? []), ...(crops[1] ?? [])]);
});

test("an action is that of the sampler for what was seen", async () => {
  await using policy = loadPolicy(weights, openSession);
  const actor = await policyActor(policy, { executeSteps: 1 });
  actor.reset(3);
  const action = [...(await actor.act([0.5], { frames: { front: frame(1) }, instruction: "lift" }))];
  const sampler = await policy.sampler(1);
  chunkNoise(3, 0, sampler.noise);
  await sampler.run();
  expect(action).toEqual([...sampler.chunk.subarray(0, 2)]);
  expect([...(await actor.act([0.5], { frames: { front: frame(9) }, instruction: "lift" }))]).not.toEqual(action);
});

test("what is missing or of another size is said by name", async () => {
  await using policy = loadPolicy(weights, openSession);
  const actor = await policyActor(policy, { executeSteps: 1 });
  await expect(actor.act([0])).rejects.toThrow('act: frames of camera "front": got only nothing, expected u8[40, 40, 3]');
  await expect(actor.act([0], { frames: { wrist: frame(1) }, instruction: "" })).rejects.toThrow("got only wrist, expected");
  await expect(actor.act([0], { frames: { front: new Uint8Array(5) }, instruction: "" })).rejects.toThrow("got 5 bytes, expected");
  await expect(actor.act([0], { frames: { front: frame(1) } })).rejects.toThrow("act: the policy reads the instruction, which is missing");
});
