/** @file Laws of the run configuration. */

import { expect, test } from "vitest";
import { PRESET_NAMES, PRESETS, resolveConfig, runConfigSchema } from "./config.ts";

test.each(PRESET_NAMES)("the preset %s resolves to itself, flat and valid", (name) => {
  const config = resolveConfig(name);
  expect(config).toEqual(PRESETS[name]);
  expect(runConfigSchema.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
  expect(Object.values(config).filter((value) => typeof value === "object")).toEqual([]);
});

test.each([{ seed: null }, { steps: "60" }, { mirror: "true" }, { dataset: "" }])("a value of another type in config.json is refused, not guessed: %j", (wrong) => {
  const result = runConfigSchema.safeParse({ ...resolveConfig("smoke"), ...wrong });
  expect(result.error?.issues.map(({ path }) => path)).toEqual([Object.keys(wrong)]);
});

test("every field of a configuration says what it is", () => {
  const silent = Object.entries(runConfigSchema.shape).filter(([, field]) => !field.description);
  expect(silent).toEqual([]);
});

test("a field set by hand wins over the preset; undefined does not", () => {
  const config = resolveConfig("smoke", { seed: 7, width: 16 });
  expect(config).toEqual({ ...PRESETS["smoke"], seed: 7, width: 16 });
  // Flags that were not given arrive as undefined, which the type of the overrides does not allow on purpose.
  const unset: object = { seed: undefined };
  expect(resolveConfig("smoke", unset)).toEqual(PRESETS["smoke"]);
});

test("metrics are logged at least as often as checkpoints are saved", () => {
  expect(resolveConfig("smoke", { checkpointEvery: 5 })).toMatchObject({ logEvery: 5, checkpointEvery: 5 });
});

test.each([
  ["smoke", { horizon: 4, executeSteps: 5 }, "executeSteps (--execute-steps) is 5, expected at most horizon (--horizon), 4"],
  ["smoke", { logEvery: 10, checkpointEvery: 5 }, "checkpointEvery (--checkpoint-every) is 5, expected a multiple of logEvery (--log-every), 10, so that a resumed run logs the same lines"],
  ["smoke", { rangeMargin: 0.2 }, "rangeMargin (--range-margin) is 0.2, but there is no pre-trained head whose range could be left; name one with headFrom (--head-from)"],
  ["smoke", { task: "sort", head: "pi0", cameras: ["front"], imageSize: 64, imageChannels: 16 }, "imageChannels (--image-channels) is 16, but pi0 sees by patches; leave it out"],
  ["smoke", { logEvery: 10, checkpointEvery: 25 }, "checkpointEvery (--checkpoint-every) is 25, expected a multiple of logEvery (--log-every), 10, so that a resumed run logs the same lines"],
  ["smoke", { steps: 10, warmupSteps: 10 }, "warmupSteps (--warmup-steps) is 10, expected fewer than steps (--steps), 10"],
  ["smoke", { head: "flow-dp-mlp", width: 31 }, "head flow-dp-mlp: width (--width) is 31, which it cannot have: timeEmbedding: width must be even, got 31"],
  ["smoke", { head: "flow-transformer", width: 30 }, "head flow-transformer: width (--width) is 30, which it cannot have: transformer: width is 30, expected a multiple of its 4 attention heads"],
  [
    "smoke", { head: "diffusion-mlp", integrationSteps: 200 },
    "head diffusion-mlp: integrationSteps (--integration-steps) is 200, which it cannot have: samplerTimes: inferenceSteps is 200, expected a whole number from 1 to the 100 steps of the schedule",
  ],
  ["fast", {}, `there is no preset "fast"; presets are ${PRESET_NAMES.join(", ")}`],
])("contradicting fields are refused by name: %s %j", (preset, overrides, message) => {
  expect(() => resolveConfig(preset, overrides)).toThrow(new RangeError(message));
});

test("names that every object has are no presets", () => {
  expect(() => resolveConfig("constructor")).toThrow('there is no preset "constructor"');
});

test("a task's own defaults stand above the preset's values and below what is set by hand; the preset smoke stays", () => {
  const own = { batch: 64, width: 192, blocks: 3 };
  for (const preset of ["demo", "full"]) {
    expect(resolveConfig(preset, { task: "fork" })).toEqual({ ...PRESETS[preset], task: "fork", dataset: "fork", ...own });
    expect(resolveConfig(preset, { task: "fork", batch: 32, width: 64 })).toMatchObject({ batch: 32, width: 64, blocks: 3 });
  }
  expect(resolveConfig("smoke", { task: "fork" })).toEqual({ ...PRESETS["smoke"], task: "fork", dataset: "fork" });
});

test("heads take their share of the width that a task asks for", () => {
  expect(resolveConfig("demo", { task: "fork", head: "flow-unet" }).width).toBe(96);
  expect(resolveConfig("demo", { task: "fork", head: "fast" }).width).toBe(64);
});
