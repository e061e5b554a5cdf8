/** @file Policies whose head and encoder are made for each other, by the name of the head. */

import { paddedActions, pi0HeadWithPoints, pi0HeadWithTokens, withNoiseDraws, type ActionExpertSpec, type ActionHead, type Pi0Condition, type PointingCondition, type WritingCondition } from "#action/heads";
import type { FastSpec } from "#action/tokens";
import type { AdapterRanks, ParameterTree } from "#engine/nn";
import type { ObservationReader } from "#policy/encoders";
import type { HeadFacts } from "./head-facts.ts";
import type { PolicySpec } from "./network.ts";
import { pi0Network, type Pi0Network } from "./pi0/network.ts";
import { scaledSize } from "./pi0/proportions.ts";
import { trunkReader, vocabularyOf } from "./pi0/trunk-reader.ts";

/** A reader and a head that understand each other; what passes between them is theirs alone. */
export interface WholePolicy {
  readonly encoder: ObservationReader<unknown>;
  readonly head: ActionHead<ParameterTree, string, unknown>;
}

export interface WholeKind extends HeadFacts {
  /** Sizes and steps where nothing else is said. */
  readonly defaults: { readonly width: number; readonly blocks: number; readonly obsSteps: number };
  /** @throws RangeError for a spec that is not one of such a policy */
  make(spec: PolicySpec): WholePolicy;
}

const WHOLE: Readonly<Record<string, WholeKind>> = {
  pi0: pi0Kind("π0: a vision-language trunk, and an action expert that looks into it; flow matching"),
  pi05: pi0Kind("π0.5: as π0, with the state in the prompt and the time in the expert's norms"),
};

export const WHOLE_NAMES: readonly string[] = Object.keys(WHOLE);

/** Undefined for a head that reads features of any encoder. */
export function wholeKind(name: string): WholeKind | undefined {
  return Object.hasOwn(WHOLE, name) ? WHOLE[name] : undefined;
}

/**
 * The model behind a policy of these kinds.
 *
 * @throws RangeError for a spec that is not one of such a policy
 */
export function pi0NetworkOf(spec: PolicySpec): Pi0Network {
  const { head: name, vision, obsSteps, obsSize, horizon, actionSize, integrationSteps, width, blocks, stateFeatures, trunkRank, expertRank, paddedSize } = spec;
  if (name !== "pi0" && name !== "pi05") throw new RangeError(`pi0: the head is ${name}, expected pi0 or pi05`);
  if (vision === undefined) throw new RangeError(`${name}: a policy with a trunk sees through cameras; say which, such as --cameras front,wrist`);
  if (obsSteps !== 1) throw new RangeError(`${name}: obsSteps is ${obsSteps}, expected 1: the trunk reads what is seen now`);
  if (paddedSize !== undefined && paddedSize < Math.max(obsSize, actionSize)) {
    throw new RangeError(`${name}: paddedSize is ${paddedSize}, expected at least the ${obsSize} numbers of a state and the ${actionSize} of an action`);
  }
  if (stateFeatures !== undefined) throw new RangeError(`${name}: stateFeatures is ${stateFeatures}, expected none: the expert reads the state itself`);
  const size = scaledSize({ width, blocks, image: vision.cropSize, vocabulary: vocabularyOf({ actionTokens: fastOf(spec)?.vocabulary, points: spec.points }) });
  const trunk = { ...size.trunk, language: { ...size.trunk.language, ranks: everywhere(trunkRank) } };
  const expert = { ...size.expert, ranks: everywhere(expertRank) };
  const chunk = { horizon, actionSize: paddedSize ?? actionSize };
  return pi0Network(name, { trunk, expert, chunk, stateSize: paddedSize ?? obsSize }, { integrationSteps });
}

function headOf(network: Pi0Network, spec: PolicySpec): ActionHead<ParameterTree, string, WritingCondition & PointingCondition> {
  const { head: name, points, pointingWeight } = spec;
  const writing = writingHead(network, spec);
  if (points === undefined && pointingWeight !== undefined) {
    throw new RangeError(`${name}: pointingWeight is ${pointingWeight}, but the prompt asks for nothing: the policy that training goes on from was trained without`);
  }
  const { width, depth } = network.size.trunk.language;
  if (points !== undefined && depth < 2) throw new RangeError(`${name}: blocks is 1, expected at least 2 where things are pointed at (--pointing-weight): the last layer tells what it knows, and answers nothing`);
  return points === undefined ? writing : pi0HeadWithPoints(writing, { points, width, weight: pointingWeight });
}

function writingHead({ head }: Pi0Network, spec: PolicySpec): ActionHead<ActionExpertSpec, string, WritingCondition> {
  const { tokenWeight, insulated, actionSize, noiseDraws = 1 } = spec;
  const own = withNoiseDraws(paddedActions<ActionExpertSpec, Pi0Condition>(head, actionSize), noiseDraws);
  if (tokenWeight === undefined) return own;
  const codec = fastOf(spec);
  if (codec === undefined) throw new RangeError(`${spec.head}: tokenWeight is ${tokenWeight}, but there are no tokens: the policy that training goes on from was trained without`);
  return pi0HeadWithTokens(own, { codec, weight: tokenWeight, ...(insulated === undefined ? {} : { insulated }) });
}

/** @throws RangeError for a tokenizer of another scheme */
function fastOf({ head, codec }: PolicySpec): FastSpec | undefined {
  if (codec === null) return undefined;
  if (codec.scheme !== "fast") throw new RangeError(`${head}: its tokenizer is of scheme "${codec.scheme}", expected "fast"`);
  return codec;
}

function everywhere(rank: number = 0): AdapterRanks {
  return { attention: rank, feedForward: rank };
}

function pi0Kind(summary: string): WholeKind {
  return {
    summary,
    page: "../pi0.md",
    modes: "joint",
    calls: "per integration step",
    defaults: { width: 64, blocks: 4, obsSteps: 1 },
    make(spec) {
      const network = pi0NetworkOf(spec);
      const { vision: { cameras = [], cropSize = 0 } = {}, obsSize, instructionWords, points } = spec; // there is a vision, or there were no network
      const encoder = trunkReader(network, { cameras, image: cropSize, stateSize: obsSize, instructionWords, actionTokens: fastOf(spec)?.vocabulary, points });
      return { encoder, head: headOf(network, spec) as unknown as WholePolicy["head"] }; // its conditioning is what the encoder makes
    },
  };
}
