/** @file The expert of lift: pick, where it is not held already, and rise. */

import type { ArmExpert } from "../expert.ts";
import { isPicked, pickPhases } from "./pick.ts";

const CUBE = "red";
/** Of the tool at the end, m. */
const HEIGHT = 0.16;

export const liftExpert: ArmExpert = {
  phases(start) {
    // What is held needs no more than the last phase: up, from where the tool is.
    if (!isPicked(start, CUBE)) return pickPhases(CUBE, HEIGHT);
    const [x = NaN, y = NaN] = start.read("toolPosition");
    return [{ to: () => ({ position: [x, y, HEIGHT], yaw: 0, gripper: 1 }) }];
  },
};
