/** @file Every head and every tokenizer in headless Chromium: the numbers are Node's. Skipped where there is no Chromium. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import type { PublishedFastFiles } from "#action/tokens";
import { HEAD_NAMES } from "#policy/policies";
import { findChromium, runInBrowser, WASM_PATH } from "../browser.ts";
import { relativeError } from "../evaluate.ts";
import { manyHeadNumbers, tokenNumbers, type HeadNumbers, type ManyHeadNumbers } from "../runtime-numbers.ts";
import type { ConformanceRequest, ConformanceResult } from "./conformance.ts";

/** Both runtimes count in float32, in other orders. */
const TOLERANCE = 1e-4;

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("pages/conformance.test.ts is skipped: no Chromium found; install one or name it in TENDON_CHROMIUM\n");
}

const publishedFast = publishedFiles();
const tokens = tokenNumbers(publishedFast);

describe.skipIf(executable === undefined)("in Chromium", () => {
  let browser: ConformanceResult;
  let node: ManyHeadNumbers;

  beforeAll(async () => {
    const data: ConformanceRequest = { heads: HEAD_NAMES, publishedFast, wasmPaths: WASM_PATH };
    // Each in a process of its own, side by side; many times longer than either takes on a machine that does nothing else.
    const visit = runInBrowser({ executable: executable ?? "", page: "conformance.ts", data, timeoutMs: 480_000 });
    const [result, numbers] = await Promise.all([visit, manyHeadNumbers(HEAD_NAMES, openSession)]);
    browser = result as ConformanceResult; // what the page's main returns
    node = numbers;
  }, 540_000);

  test.each(HEAD_NAMES)("%s has Node's loss, gradients and chunk", (name) => {
    const [got, expected] = [numbersOf(browser.heads, name), numbersOf(node, name)];
    expect(relativeError([got.loss], [expected.loss])).toBeLessThan(TOLERANCE);
    expect(Object.keys(got.slopes)).toEqual(Object.keys(expected.slopes));
    const gaps = Object.entries(expected.slopes).map(([parameter, { norm, along }]) => {
      const slope = got.slopes[parameter] ?? { norm: NaN, along: NaN };
      return [parameter, Math.max(Math.abs(slope.norm - norm), Math.abs(slope.along - along)) / Math.max(norm, 1e-3)] as const;
    });
    expect(gaps.filter(([, gap]) => !(gap < TOLERANCE))).toEqual([]);
    expect(got.chunk).toHaveLength(expected.chunk.length);
    expect(relativeError(got.chunk, expected.chunk)).toBeLessThan(TOLERANCE);
  });

  test.each(Object.keys(tokens))("%s gives Node's ids, and they decode to Node's actions", (name) => {
    const [got, expected] = [browser.tokens[name], tokens[name]];
    expect(got?.ids).toEqual(expected?.ids);
    expect(relativeError(got?.decoded.flat() ?? [], expected?.decoded.flat() ?? [NaN])).toBeLessThan(1e-9);
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
