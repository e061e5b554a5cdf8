/** @file Page: every head, loss, sampler and tokenizer in the browser. */

import { openSession } from "#engine/runtime/web";
import { runtimeNumbers, type RuntimeNumbers, type RuntimeNumbersRequest } from "../runtime-numbers.ts";

export interface ConformanceRequest extends RuntimeNumbersRequest {
  readonly wasmPaths: string;
}

export async function main({ wasmPaths, ...request }: ConformanceRequest): Promise<RuntimeNumbers> {
  return await runtimeNumbers(request, (model, options) => openSession(model, { ...options, wasmPaths }));
}
