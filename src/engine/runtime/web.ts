/** @file Sessions in a browser: ONNX Runtime's WebAssembly and WebGPU build. */

import { env, InferenceSession, Tensor } from "onnxruntime-web";
import { wrapSession, type Session, type SessionOptions } from "./session.ts";

/**
 * Load a model.
 *
 * More than one thread needs a cross-origin isolated page (COOP and COEP headers).
 *
 * @param model ONNX bytes
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  if (options.threads !== undefined) env.wasm.numThreads = options.threads;
  if (options.wasmPaths !== undefined) env.wasm.wasmPaths = options.wasmPaths;
  const session = await InferenceSession.create(model, {
    executionProviders: [options.provider ?? "wasm"],
    graphOptimizationLevel: options.optimization ?? "all",
    logSeverityLevel: 3,
  });
  return wrapSession(session, Tensor, { fillsOutputs: false });
}
