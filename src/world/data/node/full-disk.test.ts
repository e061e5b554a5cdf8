/** @file Laws of writing to a disk that is full: the file is named, the reason kept, and nothing is left. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import type * as Promises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { writeDataset, writeFileAtomic } from "./index.ts";

const disk = vi.hoisted(() => ({ removesToo: true }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof Promises>();
  // As the system reports it: writes through an open file carry no path.
  const full = () => Promise.reject(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" }));
  return {
    ...real,
    async open(...args: Parameters<typeof real.open>) {
      const file = await real.open(...args);
      if (args[1] === "wx") file.writeFile = full;
      return file;
    },
    rm: (...args: Parameters<typeof real.rm>) => (disk.removesToo ? real.rm(...args) : Promise.reject(new Error("rm refused"))),
  };
});

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-full-"));
});
afterEach(async () => {
  disk.removesToo = true;
  await rm(folder, { recursive: true, force: true });
});

const episode = { index: 0, length: 2, task: "go", columns: { action: Float32Array.of(1, 2) } };
const dataset = {
  name: "demo",
  fps: 5,
  robotType: null,
  license: null,
  features: { action: { dtype: "float32", shape: [1], names: ["x"] } },
  episodes: [episode],
  skippedFeatures: [],
} as const;

const failureOf = (work: Promise<void>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

test("a dataset is named, with the reason below, and nothing is left", async () => {
  const failure = await failureOf(writeDataset(join(folder, "demo"), dataset));
  expect(failure).toMatchObject({ message: `dataset ${join(folder, "demo")}`, cause: { cause: { code: "ENOSPC" } } });
  expect(await readdir(folder)).toEqual([]);
});

test.each([true, false])("a file is named, with the reason below, whether or not its rest can be removed (%s)", async (removesToo) => {
  disk.removesToo = removesToo;
  const failure = await failureOf(writeFileAtomic(join(folder, "config.json"), "x"));
  expect(failure).toMatchObject({ message: join(folder, "config.json"), cause: { cause: { code: "ENOSPC" } } });
  expect(await readdir(folder)).toHaveLength(removesToo ? 0 : 1);
});
