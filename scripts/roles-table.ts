/** @file One row of docs/decoupled.md per role of a parameter: where it starts and whether it is trained over a frozen head. */

import type { ParameterRole } from "#engine/nn";
import { FROZEN_HEAD, type RoleRule } from "#policy/policies";
import type { TableRow } from "./markdown-tables.ts";

/** Heads that are frozen without observations have no adapters. */
type HeadRole = Exclude<ParameterRole, "adapter">;

const MEANING: Readonly<Record<HeadRole, string>> = {
  encoder: "reads observations",
  modulation: "first to read the conditioning: scales, shifts and gates; tokens of observations",
  condition: "between such a layer and the trunk, of one shape whatever the conditioning",
  position: "where an action stands in its chunk",
  stem: "reads noisy actions",
  trunk: "works on them, keys and values of cross-attention included",
  time: "embeds the time",
  output: "writes actions",
};

const STARTS: Readonly<Record<RoleRule["starts"], string>> = { anew: "anew", head: "the head", "bias of the head": "weights anew, biases the head's" };

export function roleRows(): Promise<readonly TableRow[]> {
  const roles = Object.keys(MEANING) as HeadRole[]; // the keys of a record of roles
  return Promise.resolve(
    roles.map((role) => {
      const { starts, trains } = FROZEN_HEAD[role];
      return { page: role, cells: [`\`${role}\``, MEANING[role], STARTS[starts], trains ? "trained" : "frozen"] };
    }),
  );
}
