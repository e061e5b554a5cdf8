/** @file Laws of warning about actions that a tokenizer cannot say. */

import { expect, test } from "vitest";
import { clampedActions, clampedWarning } from "./clamped-actions.ts";
import { resolveConfig } from "./config.ts";
import { forkDataset } from "./fork-dataset.ts";
import { taskOf } from "./tasks.ts";
import { trainingRows } from "./training-rows.ts";
import { untrainedPolicy } from "./trainer.ts";

const countOf = (head: string, normalizer: "limits" | "gaussian" | "quantiles") => {
  const config = resolveConfig("smoke", { task: "fork", head, normalizer });
  const rows = trainingRows(taskOf("fork"), forkDataset(), config);
  return { clamped: clampedActions(untrainedPolicy(config, rows), rows), config };
};

test("what a normalizer leaves outside the bins is counted over all rows, and limits leave nothing", () => {
  const { clamped, config } = countOf("openvla", "gaussian");
  // 200 episodes of 40 ticks and their mirror images, two numbers each.
  expect(clamped?.of).toBe(200 * 40 * 2 * 2);
  expect(clamped?.clamped).toBeGreaterThan(1000);
  const share = (100 * (clamped?.clamped ?? 0)) / 32_000;
  expect(clampedWarning(clamped, config)).toBe(
    `head openvla: ${clamped?.clamped.toLocaleString("en-US")} of 32,000 values of the actions (${share.toPrecision(3)} %) lie outside the bins of its tokenizer and are learned as the ends of them; with --normalizer limits, now gaussian, all actions lie in [-1, 1]`,
  );
  const { clamped: none, config: limits } = countOf("openvla", "limits");
  expect(none).toEqual({ clamped: 0, of: 32_000, unit: "values" });
  expect(clampedWarning(none, limits)).toBeUndefined();
});

test("a head without a tokenizer clamps nothing", () => {
  expect(countOf("mse", "gaussian").clamped).toBeNull();
});
