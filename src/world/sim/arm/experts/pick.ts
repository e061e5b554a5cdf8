/** @file Phases that several experts share: pick a cube up, put it down. */

import type { ExpertView, Phase, Waypoint } from "../expert.ts";
import { isHeld } from "../places.ts";

type Triple = Waypoint["position"];

/** Above what is picked or put down, tool to cube, m. */
const CLEARANCE = 0.1;
/** Ticks for the gripper to close or open. */
const GRIP_TICKS = 3;

/** Whether a cube is in the gripper already, and need not be picked up. */
export function isPicked(view: ExpertView, cube: string): boolean {
  const [opening = NaN] = view.read("opening");
  return isHeld(view.read(`${cube}Position`), { tool: view.read("toolPosition"), opening });
}

/**
 * Come from above with the fingers along two of the cube's faces, close, and rise until the tool is `height` above the table, m.
 *
 * @returns none where the cube is held already
 */
export function pickPhases(start: ExpertView, cube: string, height: number): readonly Phase[] {
  if (isPicked(start, cube)) return [];
  const over = (view: ExpertView, up: number, gripper: number): Waypoint => {
    const [x = NaN, y = NaN, z = NaN] = view.read(`${cube}Position`);
    return { position: [x, y, z + up], yaw: squareYaw(view.read(`${cube}Quat`)), gripper };
  };
  // What holds the cube must not follow it: while the gripper is at it, the waypoint is where the tool was sent before.
  let grasp: Waypoint | undefined;
  return [
    { to: (view) => over(view, CLEARANCE, -1) },
    { to: (view) => (grasp = over(view, 0, -1)), speed: 0.2 },
    { to: (view) => ({ ...(grasp ?? over(view, 0, 1)), gripper: 1 }), wait: GRIP_TICKS },
    {
      to(view) {
        const { position, yaw } = grasp ?? over(view, 0, 1);
        return { position: [position[0], position[1], height], yaw, gripper: 1 };
      },
    },
  ];
}

export interface PutRequest {
  readonly cube: string;
  /** Where the cube's middle shall be let go, m; decided on the way there. */
  place(view: ExpertView): Triple;
  /** Height of the tool on the way there, m. */
  readonly height: number;
}

/** Carry a held cube over a place, go down, let go, and rise. */
export function putPhases({ cube, place, height }: PutRequest): readonly Phase[] {
  /** Where the tool must be for the cube, held a little aside, to be at its place. */
  const target = (view: ExpertView): Triple => {
    const [tool, held, [x, y, z]] = [view.read("toolPosition"), view.read(`${cube}Position`), place(view)];
    const offset = (axis: number): number => (tool[axis] ?? NaN) - (held[axis] ?? NaN);
    return [x + offset(0), y + offset(1), z + offset(2)];
  };
  let down: Triple | undefined;
  const at = (position: Triple, gripper: number): Waypoint => ({ position, yaw: 0, gripper });
  return [
    {
      to(view) {
        const [x, y] = target(view);
        return at([x, y, height], 1);
      },
    },
    { to: (view) => at((down = target(view)), 1), speed: 0.2 },
    { to: (view) => at(down ?? target(view), -1), wait: GRIP_TICKS },
    {
      to(view) {
        const [x, y, z] = down ?? target(view);
        return at([x, y, z + CLEARANCE], -1);
      },
    },
  ];
}

/** The turn about z of an upright cube's faces, rad in [-π/4, π/4]: a quarter turn more looks the same. */
export function squareYaw([w = 1, x = 0, y = 0, z = 0]: readonly number[]): number {
  const yaw = Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
  const quarter = Math.PI / 2;
  return yaw - quarter * Math.round(yaw / quarter);
}
