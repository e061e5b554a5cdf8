/** @file Laws of `pretrain-head`, and of `train` over what it made, on the command line. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { headConfigSchema, runConfigSchema } from "#policy/training";
import { tinyDataset } from "#testing";
import { writeDataset } from "#world/data/node";
import { runCommand, type Command } from "../command.ts";
import { fakeIo } from "../fake-io.ts";
import { pretrainHeadCommand } from "./pretrain-head.ts";
import { trainCommand } from "./train.ts";

const SMALL = "--preset smoke --steps 6 --batch 4 --warmup-steps 1 --log-every 1 --checkpoint-every 2";
const HEAD = "--head diffusion-adaln-zero --width 32 --blocks 1 --horizon 4 --integration-steps 2";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-cli-pretrain-"));
  await writeDataset(join(folder, "data"), tinyDataset());
  await run(pretrainHeadCommand, `--data ${join(folder, "data")} --task push-t --condition pose --out ${join(folder, "head")} ${SMALL} ${HEAD}`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(command: Command, line: string): Promise<{ readonly status: number; readonly out: readonly string[]; readonly notes: readonly string[] }> {
  const io = fakeIo();
  const status = await runCommand(command, line.split(" ").filter((word) => word !== ""), io);
  return { status, out: io.outLines, notes: io.noteLines };
}

const json = async (...path: string[]): Promise<unknown> => JSON.parse(await readFile(join(folder, ...path), "utf8"));

test("a head is left in its folder, and the way on is told", async () => {
  const dir = join(folder, "generated");
  const { status, out } = await run(pretrainHeadCommand, `--out ${dir} --episodes 4 --ticks 20 ${SMALL} ${HEAD}`);
  expect([status, out]).toEqual([0, [`head ${dir}: 6 steps; put it to a task with \`tendon train TASK --head-from ${dir}\``]]);
  expect((await readdir(dir)).sort()).toEqual(["checkpoints", "config.json", "metrics.jsonl", "run.json"]);
  expect(headConfigSchema.parse(await json("generated", "config.json"))).toMatchObject({ stage: 1, data: ["kinematics"], condition: "joints", episodes: 4, mirror: false });
});

test("a policy takes its head and sizes from the head, freezes it, and says how much is frozen", async () => {
  const { status, notes } = await run(
    trainCommand,
    `push-t --dataset ${join(folder, "data")} --head-from ${join(folder, "head")} --out ${join(folder, "policy")} ${SMALL} --no-mirror --execute-steps 2`,
  );
  expect([status, notes.find((line) => line.includes("frozen"))]).toEqual([0, expect.stringMatching(/^push-t, diffusion-adaln-zero head: [\d,]+ parameters and [\d,]+ frozen, 27 windows, into /)]);
  expect(runConfigSchema.parse(await json("policy", "config.json"))).toMatchObject({
    head: "diffusion-adaln-zero", width: 32, horizon: 4, blocks: 1, integrationSteps: 2, freeze: "head", headFrom: join(folder, "head"),
  });
});

test("several datasets pre-train one head, each flag adds one", async () => {
  const data = join(folder, "data");
  const dir = join(folder, "both");
  const { status } = await run(pretrainHeadCommand, `--data ${data} --data ${data} --task push-t --condition pose --out ${dir} ${SMALL} ${HEAD}`);
  expect([status, headConfigSchema.parse(await json("both", "config.json")).data]).toEqual([0, [data, data]]);
  const mixed = await run(pretrainHeadCommand, `--data kinematics --data ${data} --out ${join(folder, "mixed")} ${SMALL} ${HEAD}`);
  expect([mixed.status, mixed.notes.at(0)]).toEqual([2, expect.stringContaining("but generated motion stands alone; leave kinematics out, or the datasets")]);
});

test("both are resumed as they were, and refused with other flags", async () => {
  const again = await run(pretrainHeadCommand, `--out ${join(folder, "head")} --resume --json`);
  expect(again.out).toEqual([JSON.stringify({ run: join(folder, "head"), steps: 6 })]);
  const other = await run(pretrainHeadCommand, `--out ${join(folder, "head")} --resume --condition none`);
  expect([other.status, other.notes.at(0)]).toEqual([2, expect.stringContaining("--condition is pose, got none; leave these flags out to continue it")]);
  const taken = await run(pretrainHeadCommand, `--out ${join(folder, "head")}`);
  expect(taken.notes.at(0)).toContain("exists; add --resume to continue it");
  const policy = await run(trainCommand, `push-t --out ${join(folder, "policy")} --resume`);
  expect(policy.status).toBe(0);
});

test.each([
  ["--freeze head", 2, "freeze (--freeze) is head, but there is none to freeze; name a pre-trained one with headFrom (--head-from)"],
  ["--no-train-positions", 2, "trainPositions (--train-positions) is off, but no head is frozen; choose freeze (--freeze) head or random"],
  ["--head-from HEAD --width 64", 1, "the head does not serve this task: width is 64, the head has 32"],
  ["--head-from HEAD/nothing", 1, "nothing does not exist; make one with `tendon pretrain-head"],
])("training with %s is refused", async (flags, status, message) => {
  const dataset = `--dataset ${join(folder, "data")} --no-mirror --execute-steps 2 --horizon 4`;
  const refused = await run(trainCommand, `push-t --out ${join(folder, "refused")} ${SMALL} ${dataset} ${flags.replace("HEAD", join(folder, "head"))}`);
  expect([refused.status, refused.notes.join("\n")]).toEqual([status, expect.stringContaining(message)]);
});
