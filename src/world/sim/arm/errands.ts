/** @file Where things are and where they shall be, as points that a policy can learn to point at. */

import { armTaskLayout } from "./environment.ts";
import { COLORS } from "./furniture.ts";
import { readSlice } from "./layout.ts";
import type { ArmObservation } from "./observe.ts";
import { onTopOf } from "./places.ts";
import type { ArmTask } from "./task.ts";

/** Things that are brought somewhere in a task, at most. */
const ERRANDS = 2;
const POINTS = 2 * ERRANDS + COLORS.length;

/**
 * Points of a task in a state f[S], in metres from the robot's base; as many for every task, NaN where there is none. Of each errand where the middle of its thing is, then
 * where it shall be; then where the red, the green and the blue cube are, whatever is asked: who can tell these apart has only to choose among them by what it is told. Where the tool is, a policy knows by itself.
 */
export function armPoints(task: ArmTask): Omit<ArmObservation, "leastRange"> {
  const layout = armTaskLayout(task);
  const size = 3 * POINTS;
  return {
    size,
    observe(state, out, offset) {
      if (state.length !== layout.size || offset < 0 || offset + size > out.length) {
        throw new RangeError(`points of ${task.name}: got ${state.length} state numbers and ${out.length - offset} places, expected ${layout.size} and at least ${size}`);
      }
      const middleOf = (object: string): number[] => readSlice(layout, `${object}Position`, state);
      out.fill(NaN, offset, offset + size);
      const errands = task.errands(task.goalNames.length === 0 ? [] : readSlice(layout, "goal", state));
      if (errands.length > ERRANDS) throw new RangeError(`points of ${task.name}: it has ${errands.length} errands, expected at most ${ERRANDS}`);
      errands.forEach(({ object, to }, i) => {
        if (object !== undefined) out.set(middleOf(object), offset + 6 * i);
        if (to !== undefined) out.set(typeof to === "string" ? onTopOf(middleOf(to)) : to, offset + 6 * i + 3);
      });
      COLORS.forEach((color, i) => {
        if (task.objects.includes(color)) out.set(middleOf(color), offset + 6 * ERRANDS + 3 * i);
      });
    },
  };
}
