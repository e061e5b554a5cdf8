import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { datasetDirectory, demonstrationsDirectory } from "./dataset-directory.ts";

const BUILT_IN = join(process.cwd(), "datasets/push-t");

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-cli-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("push-t and datasets/push-t name the dataset of the folder one stands in", () => {
  expect(datasetDirectory("push-t")).toBe(join("datasets", "push-t"));
  expect(datasetDirectory("datasets/push-t")).toBe("datasets/push-t");
});

test("elsewhere both name the package's own dataset", () => {
  const here = process.cwd();
  try {
    process.chdir(folder);
    expect(datasetDirectory("push-t")).toBe(BUILT_IN);
    expect(datasetDirectory("datasets/push-t")).toBe(BUILT_IN);
  } finally {
    process.chdir(here);
  }
});

test("a folder of that name wins only when it is a dataset", async () => {
  const here = process.cwd();
  try {
    process.chdir(folder);
    await mkdir("push-t");
    expect(datasetDirectory("push-t")).toBe(BUILT_IN);
    await mkdir("push-t/meta");
    await writeFile("push-t/meta/info.json", "{}");
    expect(datasetDirectory("push-t")).toBe("push-t");
  } finally {
    process.chdir(here);
  }
});

test("what is nowhere is refused with the places looked at", () => {
  expect(() => datasetDirectory("pusht")).toThrow(
    `dataset "pusht" not found; looked for ${join("datasets", "pusht")}, ${join(process.cwd(), "datasets/pusht")}, pusht; the built-in one is push-t`,
  );
  expect(() => datasetDirectory("lift")).toThrow("lift; make it with: tendon data generate lift");
  expect(() => datasetDirectory("./pusht")).toThrow(`dataset "./pusht" not found; looked for ./pusht; the built-in one is push-t`);
});

test("a dataset that a task makes lies nowhere; a folder of that name is named with a path", async () => {
  expect(demonstrationsDirectory("fork")).toBeUndefined();
  expect(demonstrationsDirectory("push-t")).toBe(join("datasets", "push-t"));
  await mkdir(join(folder, "fork"));
  expect(demonstrationsDirectory(join(folder, "fork"))).toBe(join(folder, "fork"));
});
