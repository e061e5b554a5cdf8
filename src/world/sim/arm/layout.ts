/** @file What the numbers of a state mean: slices by name. */

import { ROBOT_CHAIN } from "./robot.ts";

export interface Slice {
  readonly offset: number;
  readonly size: number;
}

/** Slices of a state, by name; one after the other, in this order. */
export interface ArmLayout {
  readonly slices: Readonly<Record<string, Slice>>;
  /** Numbers in a state (S). */
  readonly size: number;
  /** S words: "toolPosition_x", "red_quat_w", … */
  readonly names: readonly string[];
}

const XYZ = ["x", "y", "z"];
const ROTATION_6D = ["r1x", "r1y", "r1z", "r2x", "r2y", "r2z"];

/**
 * The state of a task: tool position 3 (m), tool rotation 6 (first two rows of its matrix), gripper opening 1 (m between the pads, 0 to
 * 0.08), joints 7 (rad); for every object its position 3 (m) and quaternion w, x, y, z 4; the numbers of the goal.
 */
export function armLayout(objects: readonly string[], goal: readonly string[]): ArmLayout {
  const parts: readonly (readonly [slice: string, names: readonly string[]])[] = [
    ["toolPosition", XYZ],
    ["toolRotation", ROTATION_6D],
    ["opening", ["m"]],
    ["joints", ROBOT_CHAIN.joints.map(({ name }) => name)],
    ...objects.flatMap((name) => [
      [`${name}Position`, XYZ] as const,
      [`${name}Quat`, ["w", "x", "y", "z"]] as const,
    ]),
    ...(goal.length > 0 ? [["goal", goal] as const] : []),
  ];
  const slices: Record<string, Slice> = {};
  let offset = 0;
  for (const [name, { length: size }] of parts) {
    slices[name] = { offset, size };
    offset += size;
  }
  return { slices, size: offset, names: parts.flatMap(([slice, names]) => names.map((name) => `${slice}_${name}`)) };
}

/** @throws RangeError naming the slices there are */
export function sliceOf({ slices }: ArmLayout, name: string): Slice {
  const slice = slices[name];
  if (slice === undefined) throw new RangeError(`sliceOf: a state has no "${name}"; it has ${Object.keys(slices).join(", ")}`);
  return slice;
}

/** The numbers of a slice, a copy. */
export function readSlice(layout: ArmLayout, name: string, state: ArrayLike<number>): number[] {
  const { offset, size } = sliceOf(layout, name);
  return Array.from({ length: size }, (_, i) => state[offset + i] ?? NaN);
}
