/** @file From a configuration to the networks of a policy. */

import type { ActionHead } from "#action/heads";
import { initialParameters, namedParameters, type NamedSpec, type ParameterTree, type TracedTree } from "#engine/nn";
import type { HostTensor } from "#engine/array";
import { OBSERVATION, type ObservationEncoder, type ObservationReader } from "#policy/encoders";
import { headKind, type TokenizerSpec } from "./head-kinds.ts";
import { observing, type ObservingSpec } from "./observing.ts";
import { WHOLE_NAMES, wholeKind, type WholePolicy } from "./whole-kinds.ts";

/** What decides the shape of a policy's networks. */
export interface PolicySpec extends ObservingSpec {
  /** Name of the action head, one of `HEAD_NAMES`. */
  readonly head: string;
  /** H */
  readonly horizon: number;
  /** A */
  readonly actionSize: number;
  /** D: width of the network. */
  readonly width: number;
  /** Its residual blocks or layers. */
  readonly blocks: number;
  /** Steps per chunk of flow and diffusion heads. */
  readonly integrationSteps: number;
  /** The tokenizer that was fitted for a head of tokens; null for every other. */
  readonly codec: TokenizerSpec | null;
  /** bool[A]: which dimensions of an action are offsets from the same dimension of the newest state at the moment of prediction; left out where all are absolute. */
  readonly relativeActions?: readonly boolean[];
  /** P: numbers that states and actions are padded to in policies with a trunk, so that robots of different size share one; left out for their own sizes. */
  readonly paddedSize?: number;
  /** Noises and flow times that the loss takes each chunk at, in policies with a trunk: see `withNoiseDraws`. Default 1. */
  readonly noiseDraws?: number;
  /** Ranks of adapters beside all weights of the trunk's language model and of the expert, in policies that have them; left out for none. */
  readonly trunkRank?: number;
  readonly expertRank?: number;
  /** Weight of the loss of FAST tokens (`codec`) that the trunk's language model writes; left out where it writes none. */
  readonly tokenWeight?: number;
  /** Whether the trunk learns nothing from the expert, and from those tokens (and points) alone. Default true. */
  readonly insulated?: boolean;
  /** P: things that the prompt of a policy with a trunk asks for; left out where it asks for none. */
  readonly points?: number;
  /** Weight of the loss of pointing at them; left out where nothing says where they are. */
  readonly pointingWeight?: number;
}

/** Encoder and head, with their parameters in one tree. What passes between the two is theirs alone. */
export interface PolicyNetwork {
  readonly spec: PolicySpec;
  readonly encoder: ObservationReader<unknown>;
  readonly head: ActionHead<ParameterTree, string, unknown>;
  readonly parameters: { readonly encoder: ParameterTree; readonly head: ParameterTree };
}

/** The tree of `PolicyNetwork.parameters` with tensors for specs. */
export interface TracedPolicy {
  readonly encoder: TracedTree;
  readonly head: TracedTree;
}

/**
 * @param encoder what is observed and how it is read; default what the spec says
 * @throws RangeError for an unknown head, naming the ones there are
 */
export function policyNetwork(spec: PolicySpec, encoder?: ObservationEncoder): PolicyNetwork {
  const made = wholeKind(spec.head)?.make(spec) ?? overFeatures(spec, encoder ?? observing(spec));
  assertAnchored(spec, made.encoder);
  return { spec, ...made, parameters: { encoder: made.encoder.parameters, head: made.head.parameters } };
}

/** @throws RangeError where an action is an offset from what is not observed */
function assertAnchored({ head, relativeActions, actionSize, obsSize, codec }: PolicySpec, { inputs }: ObservationReader<unknown>): void {
  if (relativeActions === undefined) return;
  const last = relativeActions.lastIndexOf(true);
  const who = `${head}: relativeActions is [${relativeActions.join(", ")}]`;
  if (relativeActions.length !== actionSize) throw new RangeError(`${who}, expected a boolean for each of the ${actionSize} dimensions of an action`);
  if (last >= obsSize || inputs[OBSERVATION] === undefined) throw new RangeError(`${who}, but dimension ${last} of the state is not observed`);
  if (codec !== null) throw new RangeError(`${who}, but its tokens are of absolute actions`);
}

/** A head that reads the features of any encoder. */
function overFeatures(spec: PolicySpec, encoder: ObservationEncoder): WholePolicy {
  const alien = (["noiseDraws", "trunkRank", "expertRank", "tokenWeight", "insulated", "pointingWeight", "points", "paddedSize"] as const).find((name) => spec[name] !== undefined);
  if (alien !== undefined) throw new RangeError(`${spec.head}: ${alien} is ${spec[alien]}, expected none: it is for policies with a trunk, ${WHOLE_NAMES.join(" and ")}`);
  const head = headKind(spec.head).make({ spec, chunk: { horizon: spec.horizon, actionSize: spec.actionSize }, condSize: encoder.condSize });
  return { encoder, head: head as WholePolicy["head"] }; // its conditioning is what the encoder makes
}

/** All parameters with their paths, in one fixed order. */
export function policyParameters(network: PolicyNetwork): NamedSpec[] {
  return namedParameters(network.parameters);
}

/** Initial values by path; the same seed gives the same values. */
export function initialPolicy(network: PolicyNetwork, seed: number): Record<string, HostTensor<"f32">> {
  return initialParameters(network.parameters, seed);
}
