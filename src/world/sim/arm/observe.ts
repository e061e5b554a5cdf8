/** @file What a policy sees of the arm's state: where things are from the tool. No joints, no instruction, no coin. */

import { rotation6dFromQuat } from "#world/kinematics";
import { LEAST_RANGE, POSE_LEAST_RANGE } from "./action.ts";
import { armTaskLayout } from "./environment.ts";
import { sliceOf } from "./layout.ts";
import type { ArmTask } from "./task.ts";

export interface ArmObservation {
  /** Numbers in an observation. */
  readonly size: number;
  /** `size` ranges that mean something, in its units: what changes by less in demonstrations is not to be magnified. */
  readonly leastRange: readonly number[];
  /** Write the observation of a state f[S] to `out` from `offset` on. */
  observe(state: ArrayLike<number>, out: Float32Array | Float64Array, offset: number): void;
}

const OWN_SIZE = 10;

/**
 * What the arm knows of itself in a state f[S] of any of its tasks: tool position 3 (m), the first two rows of its rotation 6, opening 1 (m). Policies that
 * see observe this and images.
 */
export const ARM_ITSELF: ArmObservation = {
  size: OWN_SIZE,
  leastRange: [...POSE_LEAST_RANGE, LEAST_RANGE.opening],
  observe(state, out, offset) {
    if (state.length < OWN_SIZE || offset < 0 || offset + OWN_SIZE > out.length) {
      throw new RangeError(`ARM_ITSELF: got ${state.length} state numbers and ${out.length - offset} places, expected at least ${OWN_SIZE} of each`);
    }
    // Every layout of the arm begins with these.
    for (let i = 0; i < OWN_SIZE; i++) out[offset + i] = state[i] ?? NaN;
  },
};

/** Names of goal numbers that are places, with their axis; others are what the instruction says. */
const AXES = ["x", "y", "z"];

/**
 * Tool position 3 (m), the first two rows of its rotation 6, opening 1 (m); for every object its position less the tool's 3 (m) and the
 * first two rows of its rotation 6; where the goal is a place, that less the tool's position (m).
 *
 * What only the instruction says is left out: which cube goes on which in stack, which bin is whose in sort. A policy that sees nothing
 * else cannot solve these better than by chance; give it the instruction.
 */
export function armObservation(task: ArmTask): ArmObservation {
  const layout = armTaskLayout(task);
  const at = (slice: string): number => sliceOf(layout, slice).offset;
  const [tool, rotation, opening] = [at("toolPosition"), at("toolRotation"), at("opening")];
  const objects = task.objects.map((name) => ({ position: at(`${name}Position`), quat: at(`${name}Quat`) }));
  const places = task.goalNames.flatMap((name, i) => (AXES.includes(name) ? [{ entry: at("goal") + i, axis: AXES.indexOf(name) }] : []));
  const size = OWN_SIZE + 9 * objects.length + places.length;

  return {
    size,
    leastRange: [...ARM_ITSELF.leastRange, ...objects.flatMap(() => POSE_LEAST_RANGE), ...places.map(() => LEAST_RANGE.place)],
    observe(state, out, offset) {
      if (state.length !== layout.size || offset < 0 || offset + size > out.length) {
        throw new RangeError(
          `observe ${task.name}: got ${state.length} state numbers and ${out.length - offset} places, expected ${layout.size} and at least ${size}`,
        );
      }
      const get = (entry: number): number => state[entry] ?? NaN;
      let to = offset;
      for (let i = 0; i < 3; i++) out[to++] = get(tool + i);
      for (let i = 0; i < 6; i++) out[to++] = get(rotation + i);
      out[to++] = get(opening);
      for (const { position, quat } of objects) {
        for (let i = 0; i < 3; i++) out[to++] = get(position + i) - get(tool + i);
        out.set(rotation6dFromQuat([get(quat), get(quat + 1), get(quat + 2), get(quat + 3)]), to);
        to += 6;
      }
      for (const { entry, axis } of places) out[to++] = get(entry) - get(tool + axis);
    },
  };
}
