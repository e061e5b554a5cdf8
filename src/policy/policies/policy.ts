/** @file Something you ask for actions: weights in a runtime, one session per batch size. */

import { zeros, type HostTensor } from "#engine/array";
import type { BoundCall, OpenSession, Session } from "#engine/runtime";
import { OBSERVATION, observationBuffers } from "#policy/encoders";
import { samplerModel, type PolicyWeights } from "./models.ts";

/** A policy ready to act. Owns sessions: close it, or hold it with `await using`. */
export interface Policy extends AsyncDisposable {
  readonly weights: PolicyWeights;
  /** The call for a batch size; made when first asked for, then kept. */
  sampler(batch: number): Promise<ChunkSampler>;
  close(): Promise<void>;
}

/** Buffers of one batch size: write the inputs, run, read the chunk. */
export interface ChunkSampler {
  /** The state f32[B, O, S], physical units; empty where the policy does not read it. */
  readonly observation: Float32Array;
  /** Everything the policy's encoder reads, by name, the state among it. */
  readonly observations: Readonly<Record<string, HostTensor>>;
  /** f32[B, ...noiseShape of the head] standard normals. */
  readonly noise: Float32Array;
  /** f32[B, H, A] physical units, overwritten by every run. */
  readonly chunk: Float32Array;
  run(): Promise<void>;
}

export function loadPolicy(weights: PolicyWeights, openSession: OpenSession): Policy {
  const sessions = new Map<number, Promise<{ session: Session; sampler: ChunkSampler }>>();
  const close = async (): Promise<void> => {
    const opened = await Promise.all(sessions.values());
    sessions.clear();
    await Promise.all(opened.map(({ session }) => session.close()));
  };
  return {
    weights,
    async sampler(batch) {
      const entry = sessions.get(batch) ?? openSampler(weights, batch, openSession);
      sessions.set(batch, entry);
      try {
        return (await entry).sampler;
      } catch (error) {
        // A session that did not open is asked for anew next time, and is not there to be closed.
        sessions.delete(batch);
        throw error;
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openSampler(
  weights: PolicyWeights,
  batch: number,
  openSession: OpenSession,
): Promise<{ session: Session; sampler: ChunkSampler }> {
  const { encoder, head, spec } = weights.network;
  const session = await openSession(samplerModel(weights, batch));
  const observations = observationBuffers(encoder.inputs, batch);
  const noise = zeros("f32", [batch, ...head.noiseShape]);
  const chunk = zeros("f32", [batch, spec.horizon, spec.actionSize]);
  const call: BoundCall = session.bind({ ...observations, noise }, { chunk });
  // The state is f32, as its part of the encoder says.
  const observation = (observations[OBSERVATION]?.data as Float32Array | undefined) ?? new Float32Array();
  const sampler = { observation, observations, noise: noise.data, chunk: chunk.data, run: () => call.run() };
  return { session, sampler };
}
