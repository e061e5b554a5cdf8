/** @file Page: every head's loss, gradients and chunk, and every tokenizer's ids, in the browser. */

import { openSession } from "#engine/runtime/web";
import type { PublishedFastFiles } from "#action/tokens";
import { headNumbers, tokenNumbers, type HeadNumbers, type TokenNumbers } from "../runtime-numbers.ts";

export interface ConformanceRequest {
  readonly heads: readonly string[];
  readonly publishedFast: PublishedFastFiles;
  readonly wasmPaths: string;
}

export interface ConformanceResult {
  /** By name; a head that failed has its message instead, so that the others are still compared. */
  readonly heads: Readonly<Record<string, HeadNumbers | string>>;
  readonly tokens: Readonly<Record<string, TokenNumbers>>;
}

export async function main({ heads, publishedFast, wasmPaths }: ConformanceRequest): Promise<ConformanceResult> {
  const open: typeof openSession = (model, options) => openSession(model, { ...options, wasmPaths });
  const results: Record<string, HeadNumbers | string> = {};
  for (const name of heads) results[name] = await headNumbers(name, open).catch(String);
  return { heads: results, tokens: tokenNumbers(publishedFast) };
}
