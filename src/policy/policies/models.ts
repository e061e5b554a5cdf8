/** @file A policy as ONNX: raw observations and noise in, chunks in physical units out. */

import { zeroPadded } from "#action/heads";
import { tensorFrom, type HostTensor } from "#engine/array";
import { add, constant, div, emit, input, mul, slice, sub, type Tensor } from "#engine/graph";
import { mapParameters } from "#engine/nn";
import { OBSERVATION, type Observations } from "#policy/encoders";
import type { Normalizer } from "#world/data";
import type { PolicyNetwork, TracedPolicy } from "./network.ts";

/** Maps between physical units and what the network sees. */
export interface PolicyNormalizers {
  readonly observation: Normalizer;
  readonly action: Normalizer;
}

export interface PolicyWeights {
  readonly network: PolicyNetwork;
  /** f32 values by path. */
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly normalizers: PolicyNormalizers;
}

/**
 * The whole policy in one graph, weights and normalizers inside: what is deployed.
 *
 * Inputs what the encoder reads, of which `observation` f32[B, O, S] is in physical units, and `noise` f32[B, ...noiseShape of the head] ~ N(0, I); output
 * `chunk` f32[B, H, A] in physical units.
 */
export function samplerModel(policy: PolicyWeights, batch: number): Uint8Array {
  const { network } = policy;
  const { observations, params, cond } = traceConditioning(policy, batch);
  const noise = input("noise", "f32", [batch, ...network.head.noiseShape]);
  const chunk = physicalChunk(policy, network.head.sample(params.head, cond, noise), observations);
  return emit({ name: "policy", inputs: { ...observations, noise }, outputs: { chunk } }).bytes;
}

/**
 * A chunk f32[B, H, A] as a head draws it, in physical units. Relative dimensions are counted from the newest state, all steps from the same, so that a chunk stays where it was meant while
 * the robot moves.
 *
 * @param observations as the graph takes them in, the state in physical units
 */
export function physicalChunk({ network: { spec }, normalizers }: PolicyWeights, chunk: Tensor, observations: Observations): Tensor {
  const physical = removeNormalizer(normalizers.action, chunk);
  if (spec.relativeActions === undefined) return physical;
  const { obsSteps, obsSize, actionSize, relativeActions } = spec;
  const newest = slice(observations[OBSERVATION] as Tensor, 1, obsSteps - 1, obsSteps); // policyNetwork has looked that it is there
  const place = obsSize > actionSize ? slice(newest, 2, 0, actionSize) : zeroPadded(newest, actionSize);
  return add(physical, mul(place, row(relativeActions.map(Number))));
}

/** What every sampler begins with: the encoder's inputs, the state among them in physical units, the weights, and the head's conditioning. */
export function traceConditioning(
  policy: PolicyWeights,
  batch: number,
): { readonly observations: Observations; readonly params: TracedPolicy; readonly cond: unknown } {
  const { encoder } = policy.network;
  const observations = Object.fromEntries(
    Object.entries(encoder.inputs).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape(batch))]),
  );
  const state = observations[OBSERVATION];
  const normal = state === undefined ? {} : { [OBSERVATION]: applyNormalizer(policy.normalizers.observation, state) };
  const params = constants(policy);
  return { observations, params, cond: encoder.encode(params.encoder, { ...observations, ...normal }) };
}

/** The network's parameters as constants of the graph. */
function constants({ network, weights }: PolicyWeights): TracedPolicy {
  return mapParameters(network.parameters, ({ name }) => {
    const value = weights[name];
    if (value === undefined) throw new Error(`samplerModel: weight "${name}" is missing`);
    return constant(value);
  });
}

/** value·scale + offset over the last axis. */
export function applyNormalizer({ scale, offset }: Normalizer, x: Tensor): Tensor {
  return add(mul(x, row(scale)), row(offset));
}

/** (value - offset)/scale over the last axis. */
export function removeNormalizer({ scale, offset }: Normalizer, x: Tensor): Tensor {
  return div(sub(x, row(offset)), row(scale));
}

function row(values: readonly number[]): Tensor {
  return constant(tensorFrom("f32", [values.length], values));
}
