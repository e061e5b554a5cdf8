/** @file Tests in headless Chromium: the same bytes train alike in the browser and in Node. Skipped where there is no Chromium. */

import { beforeAll, describe, expect, test } from "vitest";
import { toNumbers } from "#engine/array";
import { emit } from "#engine/graph";
import { batchOf, initialState, mlpSpecs, normals, ratesOf, relativeError, wholeStepProgram } from "#testing";
import { findChromium, runInBrowser, WASM_PATH } from "#testing/browser";
import { fusedSteps, type FusedRequest, type TrainingStepRequest, type TrainingStepResult } from "../../testing/pages/training-step.ts";
import { openSession } from "./node.ts";

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("web.test.ts is skipped: no Chromium found; install one or name it in TENDON_CHROMIUM\n");
}

const { bytes } = emit(wholeStepProgram({ clipNorm: 1, weightDecay: 0.1 }));
const feeds = { ...initialState(1), ...batchOf(1), ...ratesOf(1, 1e-2, 0.9) };
const fused: FusedRequest = {
  specs: mlpSpecs.map(({ name, shape, decay }) => ({ name, shape, decay })),
  options: { clipNorm: 0.5, weightDecay: 0.1 },
  values: mlpSpecs.map(({ shape }, i) => normals(shape.reduce((a, b) => a * b, 1), i)),
  gradients: mlpSpecs.map(({ shape }, i) => normals(shape.reduce((a, b) => a * b, 1), 100 + i)),
  steps: 3,
};

describe.skipIf(executable === undefined)("in Chromium", () => {
  let browser: TrainingStepResult;
  let node: Record<string, number[]>;

  beforeAll(async () => {
    const plainFeeds = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [name, { dtype: tensor.dtype, shape: tensor.shape, values: toNumbers(tensor) }]),
    );
    const data: TrainingStepRequest = { model: [...bytes], feeds: plainFeeds, wasmPaths: WASM_PATH, threads: 2, fused };
    // The page's main returns this type.
    browser = (await runInBrowser({ executable: executable ?? "", page: "training-step.ts", data })) as TrainingStepResult;
    await using session = await openSession(bytes, { threads: 1 });
    node = Object.fromEntries(Object.entries(await session.run(feeds)).map(([name, tensor]) => [name, toNumbers(tensor)]));
  }, 90_000);

  test("one training step from the same bytes matches Node to 1e-5", () => {
    expect(Object.keys(browser.run).sort()).toEqual(Object.keys(node).sort());
    for (const [name, values] of Object.entries(node)) {
      expect([name, relativeError(browser.run[name] ?? [], values) < 1e-5]).toEqual([name, true]);
    }
    expect(node["loss"]?.[0]).toBeGreaterThan(0.1);
  });

  test("a bound call writes what a plain call returns", () => {
    expect(browser.bound).toEqual(browser.run);
  });

  test("the page is cross-origin isolated, so the runtime may use threads", () => {
    expect(browser.isolated).toBe(true);
  });

  test("the fused optimizer gives Node's numbers, to the bit", () => {
    expect(browser.fused).toEqual(fusedSteps(fused));
    expect(browser.fused.every(Number.isFinite)).toBe(true);
  });
});
