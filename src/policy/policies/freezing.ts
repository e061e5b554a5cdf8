/** @file What a frozen head keeps and what is trained with it, by the role that each parameter declares. */

import type { HostTensor } from "#engine/array";
import type { NamedSpec, ParameterRole } from "#engine/nn";
import { policyParameters, type PolicyNetwork } from "./network.ts";

/** How parameters of one role fare when a head that was pre-trained without observations is put to a task. */
export interface RoleRule {
  /** Where values start: drawn anew; drawn anew but for biases, which are the head's; or all the head's. */
  readonly starts: "anew" | "bias of the head" | "head";
  /** Whether they are trained while the head is frozen. */
  readonly trains: boolean;
}

/**
 * The rule of every role.
 *
 * Source: Zhou et al. 2025, arXiv:2511.12101, eq. 10; jianzhou0420/DecoupledActionHead, trainer_pl_all.py at 5950b05
 * (`load_pretrained_weights`, `manully_unfrozen_keys`), where the same comes of comparing names and shapes: what fits is loaded and
 * frozen, but for a bias whose weight did not fit, and for positions and the MLP behind the tokens of the conditioning, which are trained.
 */
export const FROZEN_HEAD: Readonly<Record<ParameterRole, RoleRule>> = {
  encoder: { starts: "anew", trains: true },
  modulation: { starts: "bias of the head", trains: true },
  condition: { starts: "head", trains: true },
  position: { starts: "head", trains: true },
  stem: { starts: "head", trains: false },
  trunk: { starts: "head", trains: false },
  time: { starts: "head", trains: false },
  output: { starts: "head", trains: false },
  adapter: { starts: "anew", trains: true },
};

/**
 * What of a network is frozen: `head`, what `FROZEN_HEAD` says, at the values of a pre-trained head; `random`, the same at the
 * values it was drawn with, to show that pre-training is needed; `encoder`, what reads observations, at the values of the policy that training
 * goes on from; `base`, the trunk of the head as well, so that adapters and what goes into that trunk and out of it are trained; `none`, nothing.
 */
export type FreezeKind = "none" | "head" | "random" | "encoder" | "base";

export const FREEZE_KINDS = ["none", "head", "random", "encoder", "base"] as const satisfies readonly FreezeKind[];

export interface Freezing {
  readonly freeze: FreezeKind;
  /** Whether positions of a frozen head are trained, as upstream does. */
  readonly trainPositions: boolean;
}

/** Whether a parameter is trained. */
export function isTrained({ role }: Pick<NamedSpec, "role">, { freeze, trainPositions }: Freezing): boolean {
  if (freeze === "none") return true;
  if (freeze === "encoder") return role !== "encoder";
  if (freeze === "base") return role !== "encoder" && role !== "trunk";
  return FROZEN_HEAD[role].trains && (role !== "position" || trainPositions);
}

/** Whether a parameter starts at the value it has in a pre-trained head. */
export function startsFromHead({ name, role }: Pick<NamedSpec, "name" | "role">): boolean {
  const { starts } = FROZEN_HEAD[role];
  return starts === "head" || (starts === "bias of the head" && (name === "bias" || name.endsWith(".bias")));
}

/**
 * What a network takes over from a pre-trained head.
 *
 * @param head averaged weights of the head's own network, by path
 * @returns f32 values by path, for the parameters that start from the head
 * @throws Error naming every parameter that the head does not have in that shape
 */
export function valuesOfHead(
  network: PolicyNetwork,
  head: Readonly<Record<string, HostTensor>>,
  source: string,
): Record<string, HostTensor<"f32">> {
  const taken: Record<string, HostTensor<"f32">> = {};
  const problems: string[] = [];
  for (const spec of policyParameters(network).filter(startsFromHead)) {
    const value = head[spec.name];
    if (value?.dtype === "f32" && value.shape.join() === spec.shape.join()) taken[spec.name] = value as HostTensor<"f32">;
    else problems.push(`${spec.name} is ${value === undefined ? "missing" : `${value.dtype}[${value.shape.join(", ")}]`}, expected f32[${spec.shape.join(", ")}]`);
  }
  if (problems.length > 0) throw new Error(`${source}: the head is of another network: ${problems.join("; ")}`);
  return taken;
}
