/** @file Sessions in Node: ONNX Runtime's native build. */

import { InferenceSession, Tensor } from "onnxruntime-node";
import { UNREADABLE_OUTPUT, withUnreadableOutput } from "#engine/onnx";
import { wrapSession, type OpenSession, type Session, type SessionOptions } from "./session.ts";

/**
 * After a run the binding for Node copies every output into a new array, also one that the run has written where it was told to: for
 * 65.8 M gradients that was a sixth of a training step, and as much garbage. Asked first for an output it cannot copy, it
 * stops with this complaint, when all outputs are in place.
 */
const UNREADABLE = { name: UNREADABLE_OUTPUT, complaint: "Non tensor type is temporarily not supported." };

/**
 * Load a model.
 *
 * @param model ONNX bytes of opset 11 or later
 * @throws Error from ONNX Runtime when the model is malformed or uses an unknown operator
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const session = await InferenceSession.create(withUnreadableOutput(model), {
    executionProviders: [options.provider ?? "cpu"],
    graphOptimizationLevel: options.optimization ?? "all",
    logSeverityLevel: 3,
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
  });
  return wrapSession(session, Tensor, { fillsOutputs: true, unreadable: UNREADABLE });
}

/**
 * Opens sessions that compute on a number of threads.
 *
 * @param threads default all cores
 */
export function sessionsOn(threads?: number): OpenSession {
  return (model) => openSession(model, threads === undefined ? {} : { threads });
}
