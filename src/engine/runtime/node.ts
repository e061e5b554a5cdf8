/** @file Sessions in Node: ONNX Runtime's native build. */

import { InferenceSession, Tensor } from "onnxruntime-node";
import { wrapSession, type Session, type SessionOptions } from "./session.ts";

/**
 * Load a model.
 *
 * @param model ONNX bytes
 * @throws Error from ONNX Runtime when the model is malformed or uses an unknown operator
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const session = await InferenceSession.create(model, {
    executionProviders: [options.provider ?? "cpu"],
    graphOptimizationLevel: options.optimization ?? "all",
    logSeverityLevel: 3,
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
  });
  return wrapSession(session, Tensor, { fillsOutputs: true });
}
