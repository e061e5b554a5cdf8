/** @file Every head, loss, sampler and tokenizer in headless Chromium: the numbers are Node's. Skipped where there is no Chromium. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import type { PublishedFastFiles } from "#action/tokens";
import { HEAD_NAMES } from "#policy/policies";
import { findChromium, runInBrowser, WASM_PATH } from "../browser.ts";
import { CODEC_CASES } from "../codec-cases.ts";
import { relativeError } from "../evaluate.ts";
import type { HeadNumbers, ManyHeadNumbers } from "../head-numbers.ts";
import { LOSS_CASES } from "../loss-cases.ts";
import { runtimeNumbers, type RuntimeNumbers } from "../runtime-numbers.ts";
import { SAMPLED, SAMPLER_CASES } from "../sampler-cases.ts";
import type { ConformanceRequest } from "./conformance.ts";

/** Both runtimes count in the same precision, in other orders: one loss or sampler, and a whole head in float32. */
const TOLERANCES = { f32: 2e-6, f64: 1e-13, head: 1e-4 } as const;

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("pages/conformance.test.ts is skipped: no Chromium found; install one or name it in TENDON_CHROMIUM\n");
}

describe.skipIf(executable === undefined)("in Chromium", () => {
  let browser: RuntimeNumbers;
  let node: RuntimeNumbers;

  beforeAll(async () => {
    const request = { heads: HEAD_NAMES, publishedFast: publishedFiles() };
    const data: ConformanceRequest = { ...request, wasmPaths: WASM_PATH };
    // Each in a process of its own, side by side; many times longer than either takes on a machine that does nothing else.
    const visit = runInBrowser({ executable: executable ?? "", page: "conformance.ts", data, timeoutMs: 480_000 });
    const [result, numbers] = await Promise.all([visit, runtimeNumbers(request, openSession)]);
    browser = result as RuntimeNumbers; // what the page's main returns
    node = numbers;
  }, 540_000);

  test.each(HEAD_NAMES)("%s has Node's loss, gradients and chunk", (name) => {
    const [got, expected] = [numbersOf(browser.heads, name), numbersOf(node.heads, name)];
    expect(relativeError([got.loss], [expected.loss])).toBeLessThan(TOLERANCES.head);
    expect(Object.keys(got.slopes)).toEqual(Object.keys(expected.slopes));
    const gaps = Object.entries(expected.slopes).map(([parameter, { norm, along }]) => {
      const slope = got.slopes[parameter] ?? { norm: NaN, along: NaN };
      return [parameter, Math.max(Math.abs(slope.norm - norm), Math.abs(slope.along - along)) / Math.max(norm, 1e-3)] as const;
    });
    expect(gaps.filter(([, gap]) => !(gap < TOLERANCES.head))).toEqual([]);
    expect(got.chunk).toHaveLength(expected.chunk.length);
    expect(relativeError(got.chunk, expected.chunk)).toBeLessThan(TOLERANCES.head);
  });

  const losses = (["f64", "f32"] as const).flatMap((dtype) => LOSS_CASES.map(({ name }) => [name, dtype] as const));

  test.each(losses)("%s in %s has Node's value and gradients", (name, dtype) => {
    const [got, expected] = [browser.losses[dtype][name], node.losses[dtype][name]];
    expect(Number.isFinite(expected?.loss) && expected?.loss !== 0).toBe(true);
    expect(relativeError([got?.loss ?? NaN], [expected?.loss ?? NaN])).toBeLessThan(TOLERANCES[dtype]);
    expect(got?.slopes.map(({ length }) => length)).toEqual(expected?.slopes.map(({ length }) => length));
    for (const [i, slope] of (expected?.slopes ?? []).entries()) {
      expect(relativeError(got?.slopes[i] ?? [], slope)).toBeLessThan(TOLERANCES[dtype]);
    }
  });

  test.each(SAMPLER_CASES.map(({ name }) => name))("%s draws Node's chunk", (name) => {
    const [got = [], expected = []] = [browser.samplers[name], node.samplers[name]];
    expect(got).toHaveLength(SAMPLED.batch * SAMPLED.horizon * SAMPLED.actionSize);
    expect(relativeError(got, expected)).toBeLessThan(TOLERANCES.f32);
  });

  test.each([...CODEC_CASES.map(({ title }) => title), "fast", "published-fast"])("%s gives Node's ids, and they decode to Node's actions", (name) => {
    const [got, expected] = [browser.tokens[name], node.tokens[name]];
    expect(expected?.ids.length).toBeGreaterThan(1);
    expect(got?.ids).toEqual(expected?.ids);
    // Engines differ in the last digits of sines and exponentials.
    expect(relativeError(got?.decoded.flat() ?? [], expected?.decoded.flat() ?? [NaN])).toBeLessThan(1e-12);
  });

  test("nothing is left out, and nothing has another's name", () => {
    expect(Object.keys(browser.losses.f32)).toHaveLength(LOSS_CASES.length);
    expect(Object.keys(browser.samplers)).toHaveLength(SAMPLER_CASES.length);
    expect(Object.keys(browser.tokens)).toHaveLength(CODEC_CASES.length + 2);
  });
});

/** @throws Error with the message of a head that failed */
function numbersOf(heads: ManyHeadNumbers, name: string): HeadNumbers {
  const numbers = heads[name];
  if (typeof numbers !== "object") throw new Error(`${name}: ${numbers ?? "there are no numbers"}`);
  return numbers;
}

/** The tokenizer of a golden file, as the two files that are published. */
function publishedFiles(): PublishedFastFiles {
  // The golden file's own fields.
  const golden = JSON.parse(readFileSync("fixtures/golden/tokens/fast_dct_bpe.json", "utf8")) as Readonly<Record<string, unknown>>;
  const preTokenizer = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    tokenizer: { pre_tokenizer: preTokenizer, model: { type: "BPE", ...(golden["bpe_model"] as object) } },
    processor: { scale: golden["scale"], min_token: golden["min_token"] },
  };
}
