/** @file Environments by name. */

import type { Environment } from "./environment.ts";
import { fork } from "./fork/environment.ts";
import { pushT } from "./push-t/environment.ts";

const ENVIRONMENTS: ReadonlyMap<string, () => Environment> = new Map<string, () => Environment>([
  ["push-t", pushT],
  ["fork", fork],
]);

/** Names that `makeEnvironment` knows. */
export const ENVIRONMENT_NAMES: readonly string[] = [...ENVIRONMENTS.keys()];

/** A fresh environment, independent of every other; call `reset` before the first step. */
export function makeEnvironment(name: string): Environment {
  const make = ENVIRONMENTS.get(name);
  if (make === undefined) {
    throw new RangeError(`makeEnvironment: got "${name}", expected one of ${ENVIRONMENT_NAMES.join(", ")}`);
  }
  return make();
}
