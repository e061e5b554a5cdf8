/** @file The expert of pick-place: a coin that no observation shows decides the side on which it passes the post. */

import { CUBE_HALF } from "../furniture.ts";
import type { ArmExpert } from "../expert.ts";
import { pickPhases, putPhases } from "./pick.ts";

/** Of the tool while it carries, m: the post is higher than the hand then. */
const HEIGHT = 0.075;
/** It passes the post at about this distance, m, give or take the spread. */
const ASIDE = 0.17;
const ASIDE_SPREAD = 0.02;

export const pickPlaceExpert: ArmExpert = {
  phases(_view, random) {
    const side = random.integer(0, 2) === 0 ? 1 : -1;
    const aside = side * (ASIDE + ASIDE_SPREAD * (2 * random.uniform() - 1));
    return [
      ...pickPhases("red", HEIGHT),
      ...putPhases({
        cube: "red",
        place(view) {
          const [x = NaN, y = NaN] = view.read("goal");
          return [x, y, CUBE_HALF + 0.002];
        },
        height: HEIGHT,
        bend: [0, aside, 0],
      }),
    ];
  },
};
