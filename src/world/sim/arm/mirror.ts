/** @file The mirror symmetry of the arm's tasks: the plane y = 0, left for right. */

import { armTaskLayout } from "./environment.ts";
import type { ArmTask } from "./task.ts";

/** Signs of the first two rows of M·R·M, M = diag(1, -1, 1). */
const ROTATION_SIGNS = [1, -1, 1, -1, 1, -1];
const POSITION_SIGNS = [1, -1, 1];
/** A turn about x or z turns the other way. */
const QUAT_SIGNS = [1, -1, 1, -1];
/** Joints that turn about an axis in the plane. Joint 7 does too, about where the hand is square to it: 45°. */
const JOINT_SIGNS = [-1, 1, -1, 1, -1, 1, -1];
const SQUARE_HAND = Math.PI / 4;

export interface ArmMirror {
  /** The mirror image of a state f[S] into `out`. In place is fine. */
  state(state: ArrayLike<number>, out: Float32Array | Float64Array): void;
  /** The mirror image of an action f[10] into `out`. In place is fine. */
  action(action: ArrayLike<number>, out: Float32Array | Float64Array): void;
}

/** Mirrored start, actions and goal give the mirrored episode; what was passed on the left is passed on the right, and bins change places. */
export function armMirror(task: ArmTask): ArmMirror {
  const { size } = armTaskLayout(task);
  const scale = [
    ...POSITION_SIGNS,
    ...ROTATION_SIGNS,
    1,
    ...JOINT_SIGNS,
    ...task.objects.flatMap(() => [...POSITION_SIGNS, ...QUAT_SIGNS]),
    ...task.goalNames.map((name) => (name === "y" || name === "swapped" ? -1 : 1)),
  ];
  const shift = scale.map(() => 0);
  shift[3 + 6 + 1 + 6] = 2 * SQUARE_HAND;
  task.goalNames.forEach((name, i) => name === "swapped" && (shift[size - task.goalNames.length + i] = 1));
  const actionScale = [...POSITION_SIGNS, ...ROTATION_SIGNS, 1];
  const none = actionScale.map(() => 0);
  return {
    state: (state, out) => reflect(`mirror of a state of ${task.name}`, { from: state, scale, shift }, out),
    action: (action, out) => reflect(`mirror of an action of ${task.name}`, { from: action, scale: actionScale, shift: none }, out),
  };
}

interface Reflection {
  readonly from: ArrayLike<number>;
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

function reflect(who: string, { from, scale, shift }: Reflection, out: Float32Array | Float64Array): void {
  if (from.length !== scale.length || out.length !== scale.length) {
    throw new RangeError(`${who}: got ${from.length} and ${out.length} numbers, expected ${scale.length} and ${scale.length}`);
  }
  for (let i = 0; i < scale.length; i++) out[i] = (scale[i] ?? NaN) * (from[i] ?? NaN) + (shift[i] ?? NaN);
}

