/** @file The scaling of what was learned before: weights know no other. */

import type { PolicyNormalizers, PolicySpec } from "#policy/policies";
import type { CheckpointHeader } from "./checkpoint.ts";
import type { TrainingRows } from "./training-rows.ts";

/** A task that was learned, and on which robot. */
export interface KnownTask {
  readonly normalizers: PolicyNormalizers;
  readonly spec: Pick<PolicySpec, "obsSize" | "actionSize" | "relativeActions">;
}

/** Of what was mixed in, by task. */
export function knownTasks({ mixture, spec: own }: Pick<CheckpointHeader, "mixture" | "spec">): Record<string, KnownTask> {
  return Object.fromEntries(Object.entries(mixture).map(([task, { normalizers, spec = own }]) => [task, { normalizers, spec }]));
}

/**
 * @returns the scaling of a task, for rows of the same robot; undefined for one that was not learned, or on a robot of another size
 * @throws Error where other actions were offsets: scaled as they were, they would be something else
 */
export function knownScaling(tasks: Readonly<Record<string, KnownTask>>, task: string, { obsSize, actionSize, relative }: TrainingRows): PolicyNormalizers | undefined {
  const known = Object.hasOwn(tasks, task) ? tasks[task] : undefined;
  if (known === undefined || known.spec.obsSize !== obsSize || known.spec.actionSize !== actionSize) return undefined;
  const [then, now] = [known.spec.relativeActions, relative?.dimensions].map(offsetsOf);
  if (then === now) return known.normalizers;
  throw new Error(`${task}: it was learned with ${then}, and has ${now} now; set relativeActions (--relative-actions) as it was`);
}

function offsetsOf(dimensions: readonly boolean[] | undefined): string {
  const offsets = dimensions?.flatMap((isOffset, i) => (isOffset ? [i] : [])) ?? [];
  return offsets.length === 0 ? "no actions as offsets" : `actions ${offsets.join(", ")} as offsets`;
}
