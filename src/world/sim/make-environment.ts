/** @file Environments by name. */

import { armEnvironment, armFacts } from "./arm/environment.ts";
import { ARM_TASKS } from "./arm/tasks/index.ts";
import type { Environment, EnvironmentFacts } from "./environment.ts";
import { fork, FORK_FACTS } from "./fork/environment.ts";
import { pushT, PUSH_T_FACTS } from "./push-t/environment.ts";

interface EnvironmentKind {
  readonly facts: EnvironmentFacts;
  make(): Environment | Promise<Environment>;
}

const KINDS: readonly EnvironmentKind[] = [
  { facts: PUSH_T_FACTS, make: pushT },
  { facts: FORK_FACTS, make: fork },
  ...ARM_TASKS.map((task): EnvironmentKind => ({ facts: armFacts(task), make: () => armEnvironment(task) })),
];

/** Names that `makeEnvironment` knows. */
export const ENVIRONMENT_NAMES: readonly string[] = KINDS.map(({ facts }) => facts.name);

/**
 * A fresh environment, independent of every other; call `reset` before the first step, and `close` after the last.
 *
 * It is a promise because some environments load a physics engine first.
 */
export async function makeEnvironment(name: string): Promise<Environment> {
  return kindOf("makeEnvironment", name).make();
}

/** What is known of an environment without making one. */
export function environmentFacts(name: string): EnvironmentFacts {
  return kindOf("environmentFacts", name).facts;
}

function kindOf(who: string, name: string): EnvironmentKind {
  const kind = KINDS.find(({ facts }) => facts.name === name);
  if (kind === undefined) throw new RangeError(`${who}: got "${name}", expected one of ${ENVIRONMENT_NAMES.join(", ")}`);
  return kind;
}
