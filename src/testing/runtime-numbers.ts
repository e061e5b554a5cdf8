/** @file What every head, loss, sampler and tokenizer comes to in one runtime. */

import type { PublishedFastFiles } from "#action/tokens";
import type { OpenSession } from "#engine/runtime";
import { lossNumbers, samplerNumbers, type LossNumbers } from "./case-numbers.ts";
import { manyHeadNumbers, type ManyHeadNumbers } from "./head-numbers.ts";
import { tokenNumbers, type TokenNumbers } from "./token-numbers.ts";

/** Each by name. */
export interface RuntimeNumbers {
  readonly heads: ManyHeadNumbers;
  readonly losses: Readonly<Record<"f32" | "f64", Readonly<Record<string, LossNumbers>>>>;
  readonly samplers: Readonly<Record<string, readonly number[]>>;
  readonly tokens: Readonly<Record<string, TokenNumbers>>;
}

export interface RuntimeNumbersRequest {
  readonly heads: readonly string[];
  readonly publishedFast: PublishedFastFiles;
}

export async function runtimeNumbers({ heads, publishedFast }: RuntimeNumbersRequest, openSession: OpenSession): Promise<RuntimeNumbers> {
  return {
    losses: { f32: await lossNumbers("f32", openSession), f64: await lossNumbers("f64", openSession) },
    samplers: await samplerNumbers(openSession),
    tokens: tokenNumbers(publishedFast),
    heads: await manyHeadNumbers(heads, openSession),
  };
}
