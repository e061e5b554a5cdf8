/** @file The expert of stack: pick the one cube, where it is not held already, and put it on the other. */

import { CUBE_HALF } from "../furniture.ts";
import type { ArmExpert } from "../expert.ts";
import { stackedPair } from "../tasks/stack.ts";
import { pickPhases, putPhases } from "./pick.ts";

/** Of the tool while it carries, m. */
const HEIGHT = 0.15;

export const stackExpert: ArmExpert = {
  phases(start) {
    const { upper, lower } = stackedPair(start.read("goal"));
    return [
      ...pickPhases(start, upper, HEIGHT),
      ...putPhases({
        cube: upper,
        place(view) {
          const [x = NaN, y = NaN, z = NaN] = view.read(`${lower}Position`);
          return [x, y, z + 2 * CUBE_HALF + 0.003];
        },
        height: HEIGHT,
      }),
    ];
  },
};
