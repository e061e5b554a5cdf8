/** @file The expert of lift: pick, where it is not held already, and rise. */

import type { ArmExpert } from "../expert.ts";
import { pickPhases } from "./pick.ts";

const CUBE = "red";
/** Of the tool at the end, m. */
const HEIGHT = 0.16;

export const liftExpert: ArmExpert = {
  phases(start) {
    const phases = pickPhases(start, CUBE, HEIGHT);
    if (phases.length > 0) return phases;
    // What is held needs no more than the last of them: up, from where the tool is.
    const [x = NaN, y = NaN] = start.read("toolPosition");
    return [{ to: () => ({ position: [x, y, HEIGHT], yaw: 0, gripper: 1 }) }];
  },
};
