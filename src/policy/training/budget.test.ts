/** @file Laws of the training budget. */

import { expect, test } from "vitest";
import type { OpenSession } from "#engine/runtime";
import { openSession } from "#engine/runtime/node";
import { tinyConfig, tinyRows } from "#testing";
import { stepsWithin } from "./budget.ts";

const request = { config: tinyConfig(), rows: tinyRows(), openSession };

/** A runtime and a clock on which a step takes exactly so long, and nothing else takes any time. */
function slowed(ms: number): { readonly openSession: OpenSession; readonly now: () => number } {
  let time = 0;
  const open: OpenSession = async (bytes) => {
    const session = await openSession(bytes);
    const bind: typeof session.bind = (feeds, fetches) => {
      const call = session.bind(feeds, fetches);
      return { run: () => ((time += ms), call.run()) };
    };
    return { ...session, bind, close: () => session.close(), [Symbol.asyncDispose]: () => session.close() };
  };
  return { openSession: open, now: () => time };
}

// The trial takes 3 steps to warm up and 10 that are timed, 260 ms; (1010 - 260) / 20 is 37.5.
test("as many steps of 20 ms as fit into the time that the trial leaves", async () => {
  expect(await stepsWithin({ ...request, ...slowed(20), seconds: 1.01 })).toBe(37);
});

// A twentieth of 20.01 s is more than 13 steps: the trial goes on to 51, and leaves 18.99 s.
test("a long time is given a longer trial", async () => {
  expect(await stepsWithin({ ...request, ...slowed(20), seconds: 20.01 })).toBe(949);
});

test("a time in which no step fits is refused with the time a step takes", async () => {
  const run = stepsWithin({ ...request, ...slowed(20), seconds: 0.1 });
  await expect(run).rejects.toThrow(/^a step of the flow-mlp head takes 0\.02 s, which leaves no step within 0\.1 s; give it more time/);
});

test("an aborted trial stops with the reason", async () => {
  const run = stepsWithin({ ...request, seconds: 60, signal: AbortSignal.abort(new Error("enough")) });
  await expect(run).rejects.toThrow("enough");
});
