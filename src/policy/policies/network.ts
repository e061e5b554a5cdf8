/** @file From a configuration to the networks of a policy. */

import { flowMatchingHead, residualMlp, type ActionHead, type ChunkSpec } from "#action/heads";
import { initialParameters, namedParameters, type NamedSpec, type ParameterTree, type TracedTree } from "#engine/nn";
import type { HostTensor } from "#engine/array";
import { stateEncoder, type Encoder } from "#policy/encoders";

/** What decides the shape of a policy's networks. */
export interface PolicySpec {
  /** Name of the action head, one of `HEAD_NAMES`. */
  readonly head: string;
  /** O */
  readonly obsSteps: number;
  /** Features of one observation. */
  readonly obsSize: number;
  /** H */
  readonly horizon: number;
  /** A */
  readonly actionSize: number;
  /** D: width of the denoiser. */
  readonly width: number;
  /** Residual blocks of the denoiser. */
  readonly blocks: number;
  /** Network calls per chunk. */
  readonly integrationSteps: number;
}

/** Encoder and head, with their parameters in one tree. */
export interface PolicyNetwork {
  readonly spec: PolicySpec;
  readonly encoder: Encoder;
  readonly head: ActionHead;
  readonly parameters: { readonly encoder: ParameterTree; readonly head: ParameterTree };
}

/** The tree of `PolicyNetwork.parameters` with tensors for specs. */
export interface TracedPolicy {
  readonly encoder: TracedTree;
  readonly head: TracedTree;
}

type MakeHead = (spec: PolicySpec, chunk: ChunkSpec, condSize: number) => ActionHead;

const HEADS: Readonly<Record<string, MakeHead>> = {
  flow: (spec, chunk, condSize) =>
    erase(flowMatchingHead(residualMlp(chunk, { condSize, ...spec }), chunk, spec)),
};

export const HEAD_NAMES: readonly string[] = Object.keys(HEADS);

/** @throws RangeError for an unknown head, naming the ones there are */
export function policyNetwork(spec: PolicySpec): PolicyNetwork {
  // Names come from checkpoints: "constructor" would be found in every object.
  const make = Object.hasOwn(HEADS, spec.head) ? HEADS[spec.head] : undefined;
  if (make === undefined) {
    throw new RangeError(`policyNetwork: there is no head "${spec.head}"; heads are ${HEAD_NAMES.join(", ")}`);
  }
  const encoder = stateEncoder(spec);
  const head = make(spec, { horizon: spec.horizon, actionSize: spec.actionSize }, encoder.condSize);
  return { spec, encoder, head, parameters: { encoder: encoder.parameters, head: head.parameters } };
}

/** Forget which tree a head's parameters form, as a table of heads must. */
function erase<P extends ParameterTree, D extends string>(head: ActionHead<P, D>): ActionHead {
  return head as unknown as ActionHead;
}

/** All parameters with their paths, in one fixed order. */
export function policyParameters(network: PolicyNetwork): NamedSpec[] {
  return namedParameters(network.parameters);
}

/** Initial values by path; the same seed gives the same values. */
export function initialPolicy(network: PolicyNetwork, seed: number): Record<string, HostTensor<"f32">> {
  return initialParameters(network.parameters, seed);
}
