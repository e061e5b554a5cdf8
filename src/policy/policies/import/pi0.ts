/** @file Weights of π0 and π0.5 as LeRobot and openpi's PyTorch models name them, and ours. */

import type { HostTensor } from "#engine/array";
import type { NamedSpec } from "#engine/nn";
import type { Pi0Spec } from "../pi0/network.ts";
import { importParameters, type ForeignPlace } from "./foreign-parameters.ts";

/** Beginnings of our paths and of theirs, tried in this order. */
const BEGINNINGS: readonly (readonly [ours: RegExp, theirs: string])[] = [
  [/^trunk\./, "paligemma_with_expert.paligemma.model."],
  [/^expert\.(layers|norm)\./, "paligemma_with_expert.gemma_expert.model.$1."],
  [/^expert\./, ""],
];

/**
 * Where a parameter of `pi0Network` stands in a `PI0Policy` of LeRobot, behind `model.`: our paths are theirs in camel case.
 *
 * There the network says the velocity from action to noise, here from noise to action: what writes it has the other sign.
 *
 * Source: policies/{pi0,pi05} of huggingface/lerobot at 7427f31.
 */
export function pi0Place({ name }: Pick<NamedSpec, "name">): ForeignPlace {
  const path = BEGINNINGS.reduce((rest, [ours, theirs]) => rest.replace(ours, theirs), name);
  const theirs = path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return name.startsWith("expert.actionOutProj.") ? { name: theirs, negated: true } : { name: theirs };
}

/**
 * Weights of a `PI0Policy` or `PI05Policy` for the `pi0Network` of the same sizes.
 *
 * @param tensors of the checkpoint
 * @param prefix of the names: `"model."` in LeRobot's checkpoints
 * @returns f32 values by our path
 * @throws Error naming every tensor under the prefix that is missing, left over, or of another shape
 */
export function importPi0(tensors: Readonly<Record<string, HostTensor>>, parameters: Pi0Spec, prefix: string = ""): Record<string, HostTensor<"f32">> {
  return importParameters(tensors, parameters, pi0Place, { prefix, who: "importPi0" });
}
