/** @file Page: every head's loss, gradients and chunk, and every tokenizer's ids, in the browser. */

import { openSession } from "#engine/runtime/web";
import type { PublishedFastFiles } from "#action/tokens";
import { manyHeadNumbers, tokenNumbers, type ManyHeadNumbers, type TokenNumbers } from "../runtime-numbers.ts";

export interface ConformanceRequest {
  readonly heads: readonly string[];
  readonly publishedFast: PublishedFastFiles;
  readonly wasmPaths: string;
}

export interface ConformanceResult {
  readonly heads: ManyHeadNumbers;
  readonly tokens: Readonly<Record<string, TokenNumbers>>;
}

export async function main({ heads, publishedFast, wasmPaths }: ConformanceRequest): Promise<ConformanceResult> {
  const open: typeof openSession = (model, options) => openSession(model, { ...options, wasmPaths });
  return { heads: await manyHeadNumbers(heads, open), tokens: tokenNumbers(publishedFast) };
}
