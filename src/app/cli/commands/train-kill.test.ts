/** @file A run that is killed at any moment, and resumed, ends as one that was not: bit for bit. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listCheckpoints } from "#policy/training/node";
import { tinyDataset } from "#testing";
import { writeDataset } from "#world/data/node";
import { runCommand } from "../command.ts";
import { fakeIo } from "../fake-io.ts";
import { trainCommand } from "./train.ts";

const STEPS = 600;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-kill-"));
  await writeDataset(join(folder, "data"), tinyDataset());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const flags = (name: string): string[] => ["push-t", "--out", join(folder, name)];
const small = (): string[] =>
  `--dataset ${join(folder, "data")} --preset smoke --steps ${STEPS} --batch 4 --width 8 --blocks 1 --warmup-steps 1 --log-every 5 --checkpoint-every 10 --horizon 4 --execute-steps 2`.split(" ");

/** Start the program from its sources in a process of its own, and kill it once `isTime`. */
async function killed(argv: readonly string[], isTime: () => Promise<boolean>): Promise<NodeJS.Signals | null> {
  const program = ["--import", "tsx", "--conditions=source", "src/app/cli/main.ts", "train", ...argv];
  const child = spawn(process.execPath, program, { stdio: "ignore" });
  const exited = once(child, "exit");
  while (child.exitCode === null && !(await isTime())) await sleep(2);
  child.kill("SIGKILL");
  await exited;
  return child.signalCode;
}

const newest = async (name: string): Promise<number> => (await listCheckpoints(join(folder, name))).at(-1)?.step ?? -1;

test("killed twice, at its first checkpoint and some time later, it resumes to the same bytes", { timeout: 60_000 }, async () => {
  expect(await killed([...flags("killed"), ...small()], async () => (await newest("killed")) > 0)).toBe("SIGKILL");
  const first = await newest("killed");
  expect(await killed([...flags("killed"), "--resume"], async () => (await newest("killed")) > first + 25)).toBe("SIGKILL");
  expect(await newest("killed")).toBeLessThan(STEPS);

  expect(await runCommand(trainCommand, [...flags("whole"), ...small()], fakeIo())).toBe(0);
  const io = fakeIo();
  expect(await runCommand(trainCommand, [...flags("killed"), "--resume"], io)).toBe(0);
  const resumedAt = Number(/continuing after step (\d+)$/.exec(io.noteLines[0] ?? "")?.[1]);
  expect(resumedAt > first && resumedAt < STEPS).toBe(true);
  const bytes = (name: string, file: string): Promise<string> => readFile(join(folder, name, file), "base64");
  for (const file of ["config.json", "metrics.jsonl", "policy.onnx", `checkpoints/step-00000${STEPS}.safetensors`]) {
    expect((await bytes("killed", file)) === (await bytes("whole", file)) && file).toBe(file);
  }
});
