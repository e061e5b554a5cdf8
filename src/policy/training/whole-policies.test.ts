/** @file Laws of policies whose head and encoder are made for each other: they learn, are saved, and act on all they observe. */

import { describe, expect, it, test } from "vitest";
import { rng, type HostTensor } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, policyParameters, WHOLE_NAMES, type ChunkSampler } from "#policy/policies";
import { tinyTrunkConfig, tinyTrunkRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, policyOf } from "./checkpoint.ts";
import { resolveConfig, type RunConfig } from "./config.ts";
import { openTrainer, type Trainer } from "./trainer.ts";

const rows = tinyTrunkRows();

async function trained(head: string, steps: number): Promise<Trainer> {
  const trainer = await openTrainer({ config: tinyTrunkConfig(head), rows, openSession });
  while (trainer.step < steps) await trainer.advance();
  return trainer;
}

/** A chunk for an observation of fixed numbers, after a change. */
async function chunkAfter(sampler: ChunkSampler, change: (observations: ChunkSampler["observations"]) => void = () => {}): Promise<number[]> {
  for (const [name, { data }] of Object.entries(sampler.observations)) {
    const random = rng(7, name);
    // Ids of text are whole numbers; the rest is physical units, or colours.
    for (let i = 0; i < data.length; i++) (data as Float32Array)[i] = name === "text" ? (BigInt(i < 5 ? 100 + i : 0) as unknown as number) : name === "observation" ? 250 + 20 * random.normal() : random.uniform();
  }
  change(sampler.observations);
  rng(1, "noise").fillNormal(sampler.noise);
  await sampler.run();
  return [...sampler.chunk];
}

const distance = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))));

describe.each(WHOLE_NAMES)("%s", (head) => {
  it("learns, is saved, and acts as before when it is loaded again", async () => {
    await using trainer = await trained(head, 1);
    const first = await trainer.advance();
    expect(Number.isFinite(first.loss)).toBe(true);
    expect(first.gradNorm).toBeGreaterThan(0);
    const bytes = encodeCheckpoint(trainer, { lossSum: 0, metricSums: {}, count: 0 });
    const chunks = await Promise.all([1, 2].map(async () => {
      await using policy = loadPolicy(policyOf(decodeCheckpoint(bytes, "a"), "a"), openSession);
      return await chunkAfter(await policy.sampler(1));
    }));
    expect(chunks[0]).toEqual(chunks[1]);
    expect(chunks[0]?.every(Number.isFinite)).toBe(true);
  });

  it("acts on what it sees, on what it is told and on its state", async () => {
    await using trainer = await trained(head, 8);
    await using policy = loadPolicy(policyOf(decodeCheckpoint(encodeCheckpoint(trainer, { lossSum: 0, metricSums: {}, count: 0 }), "a"), "a"), openSession);
    const sampler = await policy.sampler(1);
    const before = await chunkAfter(sampler);
    expect(distance(await chunkAfter(sampler), before)).toBe(0);
    const changes: Readonly<Record<string, (data: HostTensor["data"]) => void>> = {
      "image.front": (data) => void (data as Float32Array).fill(0.5),
      text: (data) => void ((data as BigInt64Array)[2] = 65n),
      observation: (data) => void ((data as Float32Array)[1] = 350),
    };
    for (const [name, change] of Object.entries(changes)) {
      const after = await chunkAfter(sampler, (observations) => change((observations[name] as HostTensor).data));
      expect([name, distance(after, before) > 1e-4]).toEqual([name, true]);
    }
  });

  it("sends a gradient into every parameter that speaks to the expert", async () => {
    await using trainer = await trained(head, 3);
    const moments = trainer.state();
    const momentOf = (name: string): number[] => Array.from(moments[`m/${name}`]?.data ?? [], Number);
    const still = policyParameters(trainer.network).map(({ name }) => name).filter((name) => momentOf(name).every((value) => value === 0));
    const silent = still.filter((name) => !/^encoder\.languageModel\.(norm\.|layers\.1\.(selfAttn\.[qo]Proj|postAttentionLayernorm|mlp)\.)/.test(name));
    expect(silent).toEqual([]);
    // The last layer of the trunk only tells what it knows, and its output is not read.
    expect(still.length).toBe(7);
  });
});

test("a trunk sees whole frames, as far as patches tile them, and what cannot be is refused", () => {
  const cropOf = (imageSize?: number): unknown => resolveConfig("demo", { task: "lift", head: "pi0", cameras: ["front"], ...(imageSize === undefined ? {} : { imageSize }) }).cropSize;
  expect([cropOf(), cropOf(64), cropOf(100), cropOf(120), cropOf(224)]).toEqual([96, 64, 96, 112, 224]);
  expect(resolveConfig("demo", { task: "lift", head: "pi0", cameras: ["front"] })).toMatchObject({ width: 64, blocks: 4, obsSteps: 1 });
  const refused = (overrides: Partial<RunConfig>, why: string): void =>
    expect(() => resolveConfig("smoke", { task: "lift", head: "pi0", cameras: ["front"], imageSize: 64, cropSize: 56, ...overrides })).toThrow(why);
  expect(() => resolveConfig("smoke", { task: "lift", head: "pi0" })).toThrow("pi0: a policy with a trunk sees through cameras; say which, such as --cameras front,wrist");
  refused({ obsSteps: 2 }, "pi0: obsSteps is 2, expected 1");
  refused({ stateFeatures: 8 }, "pi0: stateFeatures is 8, expected none");
  refused({ width: 40 }, "pi0: width is 40, expected a multiple of 32");
  refused({ instructionDropout: 0.1 }, "instructionDropout (--instruction-dropout) is 0.1, but no instruction is read that could be withheld; set readInstruction (--read-instruction)");
  refused({ cropSize: 60 }, "pi0: images of 60 px, expected a multiple of 8 px");
});
