/** @file Laws of the training budget. */

import { expect, test } from "vitest";
import type { OpenSession } from "#engine/runtime";
import { openSession } from "#engine/runtime/node";
import { tinyConfig, tinyRows } from "#testing";
import { stepsWithin } from "./budget.ts";

const request = { config: tinyConfig(), rows: tinyRows(), openSession };

/** A runtime whose calls take at least so long. */
const slowed = (ms: number): OpenSession => async (bytes) => {
  const session = await openSession(bytes);
  const bind: typeof session.bind = (feeds, fetches) => {
    const call = session.bind(feeds, fetches);
    return { ...call, run: async () => void (await Promise.all([call.run(), new Promise((resolve) => setTimeout(resolve, ms))])) };
  };
  return { ...session, bind, close: () => session.close(), [Symbol.asyncDispose]: () => session.close() };
};

test("steps that take 20 ms fit about fifty times into a second, less what the trial took", async () => {
  const steps = await stepsWithin({ ...request, openSession: slowed(20), seconds: 1 });
  expect(steps).toBeGreaterThan(15);
  expect(steps).toBeLessThan(40);
});

test("a time in which no step fits is refused with the time a step takes", async () => {
  const run = stepsWithin({ ...request, openSession: slowed(20), seconds: 0.1 });
  await expect(run).rejects.toThrow(/^a step of the flow-mlp head takes 0\.0\d s, which leaves no step within 0\.1 s; give it more time/);
});

test("an aborted trial stops with the reason", async () => {
  const run = stepsWithin({ ...request, seconds: 60, signal: AbortSignal.abort(new Error("enough")) });
  await expect(run).rejects.toThrow("enough");
});
