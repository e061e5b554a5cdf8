/** @file A flow policy as a one-step graph, for host loops that choose the number of steps while running. */

import type { FlowMatchingHead } from "#action/heads";
import { emit, input } from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import type { OpenSession } from "#engine/runtime";
import { applyNormalizer, constants, removeNormalizer, type PolicyWeights } from "./models.ts";

/**
 * One Euler step in normalized units: inputs `observation` f32[B, O, S] in physical units, `x` f32[B, H, A],
 * `tau` and `deltaTau` f32[B]; outputs `next` f32[B, H, A], and `chunk`, the same in physical units.
 *
 * @throws Error when the head is not integrated in steps
 */
export function samplerStepModel(policy: PolicyWeights, batch: number): Uint8Array {
  const { network, normalizers } = policy;
  const { head, encoder, spec } = network;
  if (!("step" in head)) throw new Error(`samplerStepModel: head "${spec.head}" is not integrated in steps`);
  const flow = head as FlowMatchingHead<ParameterTree>;
  const observation = input("observation", "f32", [batch, spec.obsSteps, spec.obsSize]);
  const x = input("x", "f32", [batch, spec.horizon, spec.actionSize]);
  const tau = input("tau", "f32", [batch]);
  const deltaTau = input("deltaTau", "f32", [batch]);
  const params = constants(policy);
  const cond = encoder.encode(params.encoder, applyNormalizer(normalizers.observation, observation));
  const next = flow.step(params.head, cond, x, { tau, deltaTau });
  const chunk = removeNormalizer(normalizers.action, next);
  return emit({ name: "policy-step", inputs: { observation, x, tau, deltaTau }, outputs: { next, chunk } }).bytes;
}

/**
 * Integrate from noise to a chunk with `steps` calls of the one-step graph.
 *
 * @param observation f32[B * O * S] physical units
 * @param noise f32[B * H * A]
 * @returns f32[B * H * A] physical units
 */
export async function sampleInSteps(
  policy: PolicyWeights,
  openSession: OpenSession,
  request: { readonly batch: number; readonly steps: number; readonly observation: Float32Array; readonly noise: Float32Array },
): Promise<Float32Array> {
  const { batch, steps } = request;
  const { obsSteps, obsSize, horizon, actionSize } = policy.network.spec;
  const shape = [batch, horizon, actionSize];
  await using session = await openSession(samplerStepModel(policy, batch));
  const x = { dtype: "f32" as const, shape, data: request.noise.slice() };
  const tau = { dtype: "f32" as const, shape: [batch], data: new Float32Array(batch) };
  const deltaTau = { dtype: "f32" as const, shape: [batch], data: new Float32Array(batch).fill(1 / steps) };
  const observation = { dtype: "f32" as const, shape: [batch, obsSteps, obsSize], data: request.observation };
  const next = { dtype: "f32" as const, shape, data: new Float32Array(request.noise.length) };
  const chunk = { dtype: "f32" as const, shape, data: new Float32Array(request.noise.length) };
  const call = session.bind({ observation, x, tau, deltaTau }, { next, chunk });
  for (let step = 0; step < steps; step++) {
    tau.data.fill(step / steps);
    await call.run();
    x.data.set(next.data);
  }
  return chunk.data;
}
