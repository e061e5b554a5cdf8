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
  const session = await InferenceSession.create(withUnreadableOutput(model), nativeOptions(options));
  return wrapSession(session, Tensor, { fillsOutputs: true, unreadable: UNREADABLE });
}

/**
 * Load a model from a file, with the files beside it that hold its stored constants: they are mapped into memory, not read.
 *
 * @throws Error from ONNX Runtime when a file is missing or too short, or the model is malformed
 */
export async function openModelFile(path: string, options: SessionOptions = {}): Promise<Session> {
  const session = await InferenceSession.create(path, nativeOptions(options));
  return wrapSession(session, Tensor, { fillsOutputs: true });
}

/**
 * Opens sessions that compute on a number of threads.
 *
 * @param threads default all cores
 */
export function sessionsOn(threads?: number): OpenSession {
  return (model) => openSession(model, threads === undefined ? {} : { threads });
}

function nativeOptions({ provider = "cpu", optimization = "all", threads }: SessionOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    graphOptimizationLevel: optimization,
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  };
}
