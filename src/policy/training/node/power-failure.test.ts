/** @file Laws of what reaches the disk before what, so that a run survives a power failure. */

import { mkdtemp, rm } from "node:fs/promises";
import type * as Promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tinyConfig } from "#testing";
import { appendMetrics, createRun, saveCheckpoint } from "./run-folder.ts";

/** What was synced and renamed, in order. */
const log: string[] = vi.hoisted(() => []);

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof Promises>();
  return {
    ...real,
    async open(...args: Parameters<typeof real.open>) {
      const file = await real.open(...args);
      const sync = file.sync.bind(file);
      file.sync = async () => {
        await sync();
        log.push(`sync ${basename(String(args[0]))}`);
      };
      return file;
    },
    async rename(from: string, to: string) {
      await real.rename(from, to);
      log.push(`rename ${basename(to)}`);
    },
  };
});

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-power-"));
  log.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("the name of a new run is on the disk before training starts", async () => {
  await createRun(join(folder, "run"), tinyConfig());
  expect(log.slice(-2)).toEqual(["rename run", `sync ${basename(folder)}`]);
});

test("the lines of metrics are on the disk before the checkpoint that follows them", async () => {
  const dir = join(folder, "run");
  await createRun(dir, tinyConfig());
  await appendMetrics(dir, [{ step: 1, loss: 1, lr: 1, gradNorm: 1 }]);
  log.length = 0;
  await saveCheckpoint(dir, 1, Uint8Array.of(1), 3);
  const renamed = log.indexOf("rename step-00000001.safetensors");
  expect(log.indexOf("sync metrics.jsonl")).toBeGreaterThanOrEqual(0);
  expect(log.indexOf("sync metrics.jsonl")).toBeLessThan(renamed);
  expect(log.slice(renamed + 1)).toEqual(["sync checkpoints"]);
});
