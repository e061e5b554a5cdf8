/** @file A policy as a one-step graph, for host loops that choose the number of steps while running. */

import type { SteppedHead } from "#action/heads";
import { hostTensor, tensorFrom, zeros, type HostTensor } from "#engine/array";
import { emit, input } from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import type { OpenSession } from "#engine/runtime";
import { physicalChunk, traceConditioning, type PolicyWeights } from "./models.ts";

/**
 * One step of the head's sampler in normalized units: inputs what the encoder reads, the state in physical units, `x` f32[B, H, A], `numbers`
 * f32[…] one row of the head's `stepNumbers`, and `z` f32[B, H, A] for a head that adds noise; outputs `next` f32[B, H, A], and `chunk`, the same in physical units.
 *
 * @throws Error when the head is not sampled in steps
 */
export function samplerStepModel(policy: PolicyWeights, batch: number): Uint8Array {
  const { network } = policy;
  const head = steppedHead(policy);
  const { observations, params, cond } = traceConditioning(policy, batch);
  const chunkShape = [batch, network.spec.horizon, network.spec.actionSize];
  const x = input("x", "f32", chunkShape);
  const numbers = input("numbers", "f32", [head.stepNumbers(1)[0]?.length ?? 0]);
  const fresh = head.addsNoise ? { z: input("z", "f32", chunkShape) } : {};
  const next = head.step(params.head, cond, { x, numbers, ...fresh });
  const chunk = physicalChunk(policy, next, observations);
  return emit({ name: "policy-step", inputs: { ...observations, x, numbers, ...fresh }, outputs: { next, chunk } }).bytes;
}

function steppedHead({ network }: PolicyWeights): SteppedHead<ParameterTree, string, unknown> {
  const { head, spec } = network;
  if (!("stepNumbers" in head)) throw new Error(`samplerStepModel: head "${spec.head}" is not sampled in steps`);
  return head as SteppedHead<ParameterTree, string, unknown>;
}

export interface StepRequest {
  readonly batch: number;
  readonly steps: number;
  /** f32[B * O * S] physical units. */
  readonly observation: Float32Array;
  /** f32[B * H * A] standard normals to start from. */
  readonly noise: Float32Array;
  /** Fills `out` f32[B * H * A] with fresh standard normals for a step; needed for a head that adds noise. */
  readonly fillFresh?: (step: number, out: Float32Array) => void;
}

/**
 * Go from noise to a chunk with `steps` calls of the one-step graph.
 *
 * @returns f32[B * H * A] physical units
 * @throws RangeError when the head adds noise on its way and none is drawn
 */
export async function sampleInSteps(policy: PolicyWeights, openSession: OpenSession, request: StepRequest): Promise<Float32Array> {
  const { batch, steps, fillFresh } = request;
  const { obsSteps, obsSize, horizon, actionSize } = policy.network.spec;
  const head = steppedHead(policy);
  if (head.addsNoise && fillFresh === undefined) {
    throw new RangeError("sampleInSteps: this head adds noise in its steps; pass fillFresh to draw it");
  }
  const shape = [batch, horizon, actionSize];
  const rows = head.stepNumbers(steps);
  await using session = await openSession(samplerStepModel(policy, batch));
  const observation = hostTensor("f32", [batch, obsSteps, obsSize], request.observation);
  const x = hostTensor("f32", shape, request.noise.slice());
  const numbers = tensorFrom("f32", [rows[0]?.length ?? 0], rows[0] ?? []);
  const fresh: Record<string, HostTensor<"f32">> = head.addsNoise ? { z: zeros("f32", shape) } : {};
  const [next, chunk] = [zeros("f32", shape), zeros("f32", shape)];
  const call = session.bind({ observation, x, numbers, ...fresh }, { next, chunk });
  for (const [step, row] of rows.entries()) {
    numbers.data.set(row);
    if (fresh["z"] !== undefined) fillFresh?.(step, fresh["z"].data);
    await call.run();
    x.data.set(next.data);
  }
  return chunk.data;
}
