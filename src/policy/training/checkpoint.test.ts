/** @file Laws of checkpoints: a round trip keeps everything, and what does not fit is named. */

import { expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, tensorFrom } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { policyParameters } from "#policy/policies";
import { tinyConfig, tinyRows } from "#testing";
import { decodeCheckpoint, encodeCheckpoint, policyOf, restoreTrainer, type Checkpoint } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { openTrainer, type Trainer } from "./trainer.ts";

const open = (overrides: Partial<RunConfig> = {}, rows = tinyRows()): Promise<Trainer> =>
  openTrainer({ config: tinyConfig(overrides), rows, openSession });
const pending = { lossSum: 1.25, metricSums: { accuracy: 1.5 }, count: 3 };

/** The bytes of a trainer after two steps. */
async function trained(): Promise<{ bytes: Uint8Array; checkpoint: Checkpoint }> {
  await using trainer = await open();
  await trainer.advance();
  await trainer.advance();
  const bytes = encodeCheckpoint(trainer, pending);
  return { bytes, checkpoint: decodeCheckpoint(bytes, "a.safetensors") };
}
const { bytes, checkpoint } = await trained();

test("a checkpoint put into a fresh trainer gives the same bytes again", async () => {
  await using fresh = await open();
  expect(encodeCheckpoint(fresh, pending)).not.toEqual(bytes);
  restoreTrainer(fresh, checkpoint, "a.safetensors");
  expect(fresh.step).toBe(2);
  expect(encodeCheckpoint(fresh, pending)).toEqual(bytes);
});

test("the header tells step, sizes, normalizers and losses not yet logged", () => {
  const { header } = checkpoint;
  expect(header).toMatchObject({ step: 2, pending, spec: { head: "flow-mlp", obsSteps: 2, obsSize: 3, horizon: 4, actionSize: 2, width: 8, blocks: 1 } });
  expect(Object.keys(header.spec)).toHaveLength(9);
  expect(header.normalizers.action.scale).toHaveLength(2);
});

test("a policy acts with the averaged weights", () => {
  const { network, weights } = policyOf(checkpoint, "a.safetensors");
  expect(Object.keys(weights)).toEqual(policyParameters(network).map(({ name }) => name));
  expect(weights["head.output.weight"]).toEqual(checkpoint.tensors["ema/head.output.weight"]);
});

test.each([0, 4, 100, 3000])("of a file cut off after %i bytes the source is named", (length) => {
  expect(() => decodeCheckpoint(bytes.slice(0, length), "run/a.safetensors")).toThrow(/^run\/a\.safetensors: .+/);
});

test.each([
  [encodeSafetensors({ x: tensorFrom("f32", [1], [0]) }), "a: it is a safetensors file, but no checkpoint of Tendon"],
  [encodeSafetensors({}, { tendon: "{" }), "a: its header is not JSON"],
  [encodeSafetensors({}, { tendon: '{"step":-1}' }), "a: its header is not understood: step: "],
])("a foreign file is refused by name: %#", (foreign, message) => {
  expect(() => decodeCheckpoint(foreign, "a")).toThrow(message);
});

test("a checkpoint of another shape names every unmatched key of every section, and changes nothing", async () => {
  await using wider = await open({ width: 12, blocks: 2 });
  const before = encodeCheckpoint(wider, pending);
  const message = messageOf(() => restoreTrainer(wider, checkpoint, "a.safetensors"));
  expect(message).toMatch(/^a\.safetensors: the checkpoint is of another network: /);
  expect(message).not.toContain("\n");
  for (const section of ["params", "ema", "m", "v"]) {
    expect(message).toContain(`${section}/head.blocks.1.linear1.weight is missing`);
    expect(message).toContain(`${section}/head.stem.weight is f32[8, 8], expected f32[12, 8]`);
    for (const { name } of policyParameters(wider.network).filter(({ shape }) => shape.includes(12))) {
      expect(message).toContain(`${section}/${name} is `);
    }
  }
  expect(encodeCheckpoint(wider, pending)).toEqual(before);
});

test("keys outside every section are named too", async () => {
  await using fresh = await open();
  const tensors = { ...checkpoint.tensors, "extra/x": tensorFrom("f32", [1], [0]) };
  expect(messageOf(() => restoreTrainer(fresh, { ...checkpoint, tensors }, "a"))).toBe(
    "a: the checkpoint is of another network: extra/x is not in the network",
  );
});

test("a run does not continue on other data", async () => {
  const rows = tinyRows();
  const changed = { ...rows, actions: rows.actions.map((values) => values.map((value) => value * 2)) };
  await using other = await open({}, changed);
  expect(messageOf(() => restoreTrainer(other, checkpoint, "a"))).toContain("the dataset has changed since the run began");
});

test("weights that are not those of the header's network are named when the policy is made", () => {
  const { "ema/head.stem.bias": _, ...tensors } = decodeSafetensors(bytes).tensors;
  expect(() => policyOf({ ...checkpoint, tensors }, "a")).toThrow("a: the weights are of another network: ema/head.stem.bias is missing");
});

function messageOf(body: () => void): string {
  try {
    body();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "nothing was thrown";
}
