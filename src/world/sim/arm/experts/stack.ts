/** @file The expert of stack: pick the one cube, where it is not held already, and put it on the other. */

import type { ArmExpert } from "../expert.ts";
import { onTopOf } from "../places.ts";
import { stackedPair } from "../tasks/stack.ts";
import { pickPhases, putPhases } from "./pick.ts";

/** Of the tool while it carries, m, and how far above its place the cube is let go. */
const HEIGHT = 0.15;
const RELEASE = 0.003;

export const stackExpert: ArmExpert = {
  phases(start) {
    const { upper, lower } = stackedPair(start.read("goal"));
    return [
      ...pickPhases(start, upper, HEIGHT),
      ...putPhases({
        cube: upper,
        place(view) {
          const [x, y, z] = onTopOf(view.read(`${lower}Position`));
          return [x, y, z + RELEASE];
        },
        height: HEIGHT,
      }),
    ];
  },
};
