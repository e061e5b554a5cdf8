/** @file A checkpoint that acts: its graphs give LeRobot's chunk, and frames, words and states go in as they should. */

import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { decodeSafetensors, rng, sizeOf, tensorFrom, toNumbers, type HostTensor } from "#engine/array";
import { namedParameters } from "#engine/nn";
import { openSession } from "#engine/runtime/node";
import { promptTokenizer, type FrameBytes } from "#policy/encoders";
import { GOLDEN_PI0, goldenPi0Chunk } from "#testing";
import type { Normalizer } from "#world/data";
import { graphsInMemory, pi0Policy, type Pi0Observation, type Pi0PolicyOptions } from "./acting.ts";
import { weightConstants, type GraphOptions } from "./graphs.ts";
import { pi0Network, type Pi0Network, type Pi0Variant } from "./network.ts";

test.each(["pi0", "pi05"] as const)("%s: the cache is filled once, and ten steps over it end at LeRobot's chunk", async (variant) => {
  const { tensors } = decodeSafetensors(readFileSync(`fixtures/golden/${variant}_tiny.safetensors`));
  const expected = toNumbers(tensors["output.sample"] as HostTensor);
  const got = await goldenPi0Chunk(variant, openSession);
  const distance = Math.hypot(...got.map((value, i) => value - (expected[i] ?? NaN))) / Math.hypot(...expected);
  expect(distance).toBeLessThan(1e-5);
});

const tokenizer = promptTokenizer(JSON.parse(readFileSync("fixtures/golden/pi0/tokenizer.json", "utf8")));
const normalizer = (scale: readonly number[], offset: readonly number[]): Normalizer => ({ kind: "gaussian", scale, offset });
const FRAME: FrameBytes = { data: Uint8Array.from({ length: 20 * 30 * 3 }, (_, i) => (i * 7) % 256), height: 20, width: 30 };
const OBSERVATION: Pi0Observation = { frames: { base: FRAME, wrist: FRAME }, instruction: "lift the cube", state: [0.2, -0.4] };

/** Values everywhere: gates that start closed would let nothing through. */
function randomWeights({ parameters }: Pi0Network): Record<string, HostTensor> {
  return Object.fromEntries(namedParameters(parameters).map(({ name, shape }) => {
    const values = new Float64Array(sizeOf(shape));
    rng(4, name).fillNormal(values);
    return [name, tensorFrom("f32", shape, Array.from(values, (value) => value / Math.sqrt(shape.at(-1) ?? 1)))];
  }));
}

function policyOf(variant: Pi0Variant, { guidance, ...options }: Partial<Pi0PolicyOptions> & Pick<GraphOptions, "guidance"> = {}) {
  const network = pi0Network(variant, { ...GOLDEN_PI0, trunk: { ...GOLDEN_PI0.trunk, vocabulary: 512 } }, { integrationSteps: 3 });
  return pi0Policy(network, {
    open: graphsInMemory(network, { weights: weightConstants(randomWeights(network)), cameras: 2, promptTokens: 40, openSession, ...(guidance && { guidance }) }),
    normalizers: { state: normalizer([1, 1], [0, 0]), action: normalizer([10, 5, 2], [0, 1, -1]) },
    tokenizer, cameras: ["base", "wrist"], promptTokens: 40, origin: "lerobot", relative: [false, false, false], ...options,
  });
}

const chunkOfPolicy = async (variant: Pi0Variant, change: Partial<Pi0Observation> = {}, options: Partial<Pi0PolicyOptions> = {}): Promise<number[]> => {
  await using policy = await policyOf(variant, options);
  expect([policy.horizon, policy.actionSize]).toEqual([6, 3]);
  return [...(await policy.act({ ...OBSERVATION, ...change }, rng(2, "noise")))];
};
const differs = (a: readonly number[], b: readonly number[]): boolean => a.some((value, i) => Math.abs(value - (b[i] ?? NaN)) > 1e-6);

describe.each([["pi0", "lerobot"], ["pi05", "lerobot"], ["pi0", "openpi"], ["pi05", "openpi"]] as const)("%s, with images and prompts as %s makes them", (variant, origin) => {
  const chunkOf = (change: Partial<Pi0Observation> = {}): Promise<number[]> => chunkOfPolicy(variant, change, { origin });

  it("acts on every camera, on words and on the state, and the same way for the same noise", async () => {
    const chunk = await chunkOf();
    expect(chunk).toHaveLength(18);
    expect(await chunkOf()).toEqual(chunk);
    const dark: FrameBytes = { ...FRAME, data: new Uint8Array(FRAME.data.length) };
    const frames = (change: object) => ({ frames: { ...OBSERVATION.frames, ...change } });
    for (const change of [frames({ base: dark }), frames({ wrist: dark }), { instruction: "reach the target" }, { state: [0.9, -0.4] }]) {
      expect(differs(await chunkOf(change), chunk)).toBe(true);
    }
    // Gone is not dark.
    expect(differs(await chunkOf({ frames: { base: FRAME } }), await chunkOf(frames({ wrist: dark })))).toBe(true);
  });

  it("sees and reads otherwise than the other one", async () => {
    expect(differs(await chunkOf(), await chunkOfPolicy(variant, {}, { origin: origin === "openpi" ? "lerobot" : "openpi" }))).toBe(true);
  });
});

test("offsets are added to the state they were predicted at, in every step of the chunk", async () => {
  const plain = await chunkOfPolicy("pi0");
  const anchored = await chunkOfPolicy("pi0", {}, { relative: [true, false, false] });
  anchored.forEach((value, i) => expect(value - (plain[i] ?? NaN)).toBeCloseTo(i % 3 === 0 ? 0.2 : 0, 5));
});

test("chunks are in physical units: twice the scale, half the numbers", async () => {
  const plain = await chunkOfPolicy("pi0");
  const scaled = await chunkOfPolicy("pi0", {}, { normalizers: { state: normalizer([1, 1], [0, 0]), action: normalizer([20, 10, 4], [0, 0, 0]) } });
  const offsets = [0, 1, -1];
  const scales = [10, 5, 2];
  scaled.forEach((value, i) => expect(2 * value).toBeCloseTo((plain[i] ?? NaN) + (offsets[i % 3] ?? 0) / (scales[i % 3] ?? 1), 5));
});

test("a chunk that goes on from another stays near it where it is being executed, from whatever state offsets are told", async () => {
  const far = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.slice(0, 6).map((value, i) => value - (b[i] ?? NaN)));
  for (const [relative, jacobian] of [[[false, false, false], "identity"], [[true, true, false], "identity"], [[true, true, false], "network"]] as const) {
    const options = { relative, guidance: { jacobian } };
    await using policy = await policyOf("pi0", options);
    const plain = [...(await policy.act(OBSERVATION, rng(2, "noise")))];
    const rest = plain.slice(3, 15).map((value) => value + 0.2);
    const going = [...(await policy.act(OBSERVATION, rng(2, "noise"), { rest, delay: 2 }))];
    expect(far(going, rest)).toBeLessThan(0.5 * far(plain, rest));
    await expect(policy.act(OBSERVATION, rng(2), { rest: [1, 2], delay: 0 })).rejects.toThrow("pi0: the rest of the chunk has 2 numbers, expected 1 to 6 steps of 3");
  }
});

test("π0.5 without a state in its prompt does not look at it", async () => {
  const options = { tellsState: false };
  expect(await chunkOfPolicy("pi05", { state: [0.9, 0.9] }, options)).toEqual(await chunkOfPolicy("pi05", {}, options));
});

test("the padding of a mask over the network's dimensions is nobody's", async () => {
  const relative = [true, false, false, true, true, true, true, true];
  expect(await chunkOfPolicy("pi0", {}, { relative })).toEqual(await chunkOfPolicy("pi0", {}, { relative: [true, false, false] }));
});

test.each([
  ["where the checkpoint does not say which actions are offsets", null, "say it in code, as `relative` of pi0Policy: 3 booleans, one for each dimension of an action, true where it is an offset"],
  ["with a mask for another robot", [true, true], "pi0: relative has 2 booleans, expected 3, one for each dimension of an action; give it so in code"],
  ["with an offset from what the state does not have", [true, true, true], "dimension 2 of an action is an offset from that of the state, expected one below 2"],
] as const)("no policy is opened %s", async (_, relative, message) => {
  const opened: string[] = [];
  const open = (graph: string): Promise<never> => (opened.push(graph), Promise.reject(new Error("it is opened")));
  await expect(policyOf("pi0", { relative, open })).rejects.toThrow(message);
  expect(opened).toEqual([]);
});

test("a prompt that does not fit is refused, not cut: its end tells the state", async () => {
  await using policy = await policyOf("pi05");
  const instruction = "stack the green cube on the red cube ".repeat(20);
  await expect(policy.act({ ...OBSERVATION, instruction }, rng(0))).rejects.toThrow(
    /^pi0: the prompt of the instruction "stack the green cube on the red cube sta…" has \d{3} tokens, expected at most 40: shorten the instruction$/,
  );
  // The words alone would fit into it.
  await using short = await policyOf("pi05", { promptTokens: tokenizer.encode(OBSERVATION.instruction).length + 1 });
  await expect(short.act(OBSERVATION, rng(0))).rejects.toThrow(RangeError);
});

test("what could not be opened is tried again, and a policy that is not opened leaves nothing open", async () => {
  const network = pi0Network("pi0", { ...GOLDEN_PI0, trunk: { ...GOLDEN_PI0.trunk, vocabulary: 512 } }, { integrationSteps: 3 });
  const inMemory = graphsInMemory(network, { weights: weightConstants(randomWeights(network)), cameras: 2, promptTokens: 40, openSession });
  const closed: string[] = [];
  const failing = new Set<string>(["steps"]);
  const open = async (graph: Parameters<typeof inMemory>[0]): ReturnType<typeof inMemory> => {
    if (failing.has(graph)) throw new Error(`no ${graph}`);
    const session = await inMemory(graph);
    return { ...session, run: (feeds) => session.run(feeds), close: () => (closed.push(graph), session.close()) };
  };
  await expect(policyOf("pi0", { open })).rejects.toThrow("no steps");
  expect(closed).toEqual(["see", "prefix"]);
  failing.clear();
  failing.add("guided");
  await using policy = await policyOf("pi0", { open });
  const goingOn = { rest: Array<number>(6).fill(0), delay: 0 };
  await expect(policy.act(OBSERVATION, rng(0), goingOn)).rejects.toThrow("no guided");
  failing.clear();
  expect(await policy.act(OBSERVATION, rng(0), goingOn)).toHaveLength(18);
});

test("a policy whose chunks go on from others has run the graph for it before the first of them", async () => {
  const network = pi0Network("pi0", { ...GOLDEN_PI0, trunk: { ...GOLDEN_PI0.trunk, vocabulary: 512 } }, { integrationSteps: 3 });
  const inMemory = graphsInMemory(network, { weights: weightConstants(randomWeights(network)), cameras: 2, promptTokens: 40, openSession });
  const ran: string[] = [];
  const open = async (graph: Parameters<typeof inMemory>[0]): ReturnType<typeof inMemory> => {
    const session = await inMemory(graph);
    return { ...session, run: (feeds) => (ran.push(graph), session.run(feeds)), close: () => (ran.push(`close ${graph}`), session.close()) };
  };
  await using policy = await policyOf("pi0", { open, goesOn: true });
  expect(ran).toEqual(["prefix", "guided"]);
  expect(await policy.act(OBSERVATION, rng(2, "noise"))).toEqual(Float32Array.from(await chunkOfPolicy("pi0")));
  ran.length = 0;
  const failing = (graph: Parameters<typeof inMemory>[0]): ReturnType<typeof inMemory> => (graph === "guided" ? Promise.reject(new Error("no guided")) : open(graph));
  await expect(policyOf("pi0", { open: failing, goesOn: true })).rejects.toThrow("no guided");
  expect(ran).toEqual(["prefix", "close see", "close prefix", "close steps"]);
});

test("what does not fit is refused", async () => {
  await using policy = await policyOf("pi0");
  await expect(policy.act({ ...OBSERVATION, state: [1] }, rng(0))).rejects.toThrow("pi0: the state has 1 numbers, expected 2, as its statistics have");
  await expect(policy.act({ ...OBSERVATION, state: [0, NaN] }, rng(0))).rejects.toThrow("pi0: dimension 1 of the state is NaN, expected a finite number");
  await expect(policy.act(OBSERVATION, rng(0), { rest: [0, 0, Infinity], delay: 0 })).rejects.toThrow("pi0: dimension 2 of the rest of the chunk is Infinity");
  const long = normalizer(Array<number>(9).fill(1), Array<number>(9).fill(0));
  await expect(policyOf("pi0", { normalizers: { state: normalizer([1, 1], [0, 0]), action: long }, relative: null })).rejects.toThrow("the statistics are of actions of 9 numbers, expected at most 8");
  await expect(policyOf("pi0", { normalizers: { state: long, action: normalizer([1], [0]) } })).rejects.toThrow("the statistics are of states of 9 numbers, expected at most 8, as many as the network reads");
  await expect(policy.act({ ...OBSERVATION, frames: { side: FRAME } }, rng(0))).rejects.toThrow('pi0: there is no camera "side"; the model has base, wrist');
  expect(() => weightConstants({})("expert.norm.weight", [1])).toThrow('pi0: weight "expert.norm.weight" is missing');
});
