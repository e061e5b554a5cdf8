/** @file The arm's simulation in headless Chromium: the states are Node's. Skipped where there is no Chromium. */

import { expect, test } from "vitest";
import { findChromium, MUJOCO_WASM, runInBrowser } from "../browser.ts";
import { main, type ArmRequest, type ArmStates } from "./arm.ts";

/** MuJoCo is the same to the bit; sines and cosines of the two JavaScript engines differ in their last digit. m and rad. */
const TOLERANCE = 1e-9;

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("pages/arm.test.ts is skipped: no Chromium found; install one or name it in TENDON_CHROMIUM\n");
}

test.skipIf(executable === undefined)("after each of 50 random actions the arm is in the browser where it is in Node", async () => {
  const request: ArmRequest = { tasks: ["lift", "sort"], steps: 50, wasmUrl: null };
  const data: ArmRequest = { ...request, wasmUrl: MUJOCO_WASM };
  const [browser, node] = await Promise.all([runInBrowser({ executable: executable ?? "", page: "arm.ts", data, timeoutMs: 120_000 }), main(request)]);
  const got = browser as ArmStates; // what the page's main returns
  for (const task of request.tasks) {
    expect(node[task]).toHaveLength(51);
    expect(node[task]?.[50]).not.toEqual(node[task]?.[0]);
    const gaps = (node[task] ?? []).flatMap((state, step) => state.map((value, i) => Math.abs(value - (got[task]?.[step]?.[i] ?? NaN))));
    expect(Math.max(...gaps)).toBeLessThan(TOLERANCE);
  }
}, 150_000);
