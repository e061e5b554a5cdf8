/** @file A flow policy as a one-step graph, for host loops that choose the number of steps while running. */

import type { FlowMatchingHead } from "#action/heads";
import { hostTensor, zeros } from "#engine/array";
import { emit, input } from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import type { OpenSession } from "#engine/runtime";
import { removeNormalizer, traceConditioning, type PolicyWeights } from "./models.ts";

/**
 * One Euler step in normalized units: inputs `observation` f32[B, O, S] in physical units, `x` f32[B, H, A],
 * `tau` and `deltaTau` f32[B]; outputs `next` f32[B, H, A], and `chunk`, the same in physical units.
 *
 * @throws Error when the head is not integrated in steps
 */
export function samplerStepModel(policy: PolicyWeights, batch: number): Uint8Array {
  const { network, normalizers } = policy;
  const { head, spec } = network;
  if (!("step" in head)) throw new Error(`samplerStepModel: head "${spec.head}" is not integrated in steps`);
  const flow = head as FlowMatchingHead<ParameterTree>;
  const { observation, params, cond } = traceConditioning(policy, batch);
  const x = input("x", "f32", [batch, spec.horizon, spec.actionSize]);
  const tau = input("tau", "f32", [batch]);
  const deltaTau = input("deltaTau", "f32", [batch]);
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
  const observation = hostTensor("f32", [batch, obsSteps, obsSize], request.observation);
  const x = hostTensor("f32", shape, request.noise.slice());
  const [tau, deltaTau] = [zeros("f32", [batch]), zeros("f32", [batch])];
  deltaTau.data.fill(1 / steps);
  const [next, chunk] = [zeros("f32", shape), zeros("f32", shape)];
  const call = session.bind({ observation, x, tau, deltaTau }, { next, chunk });
  for (let step = 0; step < steps; step++) {
    tau.data.fill(step / steps);
    await call.run();
    x.data.set(next.data);
  }
  return chunk.data;
}
