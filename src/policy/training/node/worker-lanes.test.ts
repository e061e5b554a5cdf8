/** @file Laws of lanes in threads. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { loadPolicy } from "#policy/policies";
import { tinyPolicy, tinyRows } from "#testing";
import { evaluatePolicy } from "../evaluate.ts";
import { taskOf } from "../tasks.ts";
import { workerLanes } from "./worker-lanes.ts";

test("episodes are the same to the bit in one thread and in three", async () => {
  await using policy = loadPolicy(tinyPolicy(tinyRows({ obsSize: 19, actionSize: 10 })), openSession);
  const options = { episodes: 4, executeSteps: 2 };
  const alone = await evaluatePolicy(policy, taskOf("lift"), options);
  const together = await evaluatePolicy(policy, taskOf("lift"), { ...options, openLanes: workerLanes(3) });
  expect(together).toEqual(alone);
  expect(new Set(alone.map(({ states }) => states.at(-1)?.join())).size).toBe(4);
});

test("what a thread throws is thrown, and more threads than episodes do no harm", async () => {
  const { spec } = tinyPolicy(tinyRows({ obsSize: 2, actionSize: 2 })).network;
  const lanes = await workerLanes(2)(taskOf("fork"), spec, "goal");
  try {
    const { observations, isDone } = await lanes.start([5]);
    expect(isDone).toEqual([false]);
    expect(observations["observation"]?.shape).toEqual([1, spec.obsSteps, 2]);
    await expect(lanes.play(Float64Array.of(NaN, 0), 1)).rejects.toThrow("fork.step: action");
  } finally {
    await lanes.close();
  }
});
