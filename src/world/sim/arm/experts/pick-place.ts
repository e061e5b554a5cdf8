/** @file The expert of pick-place: a coin that no observation shows decides the side on which it passes the post. */

import { CUBE_HALF } from "../furniture.ts";
import type { ArmExpert, Waypoint } from "../expert.ts";
import { pickPhases, putPhases } from "./pick.ts";

/** Of the tool while it carries, m: the post is higher than the hand then. */
const HEIGHT = 0.075;
/** It passes the post at about this distance, m, give or take the spread. */
const ASIDE = 0.17;
const ASIDE_SPREAD = 0.02;

/**
 * Up, aside, past the post, and back to the middle, each in a straight line: which side it is shows well before the post, so that also a policy that
 * draws every action of a chunk by itself can make up its mind.
 */
export const pickPlaceExpert: ArmExpert = {
  phases(start, random) {
    const side = random.integer(0, 2) === 0 ? 1 : -1;
    const aside = side * (ASIDE + ASIDE_SPREAD * (2 * random.uniform() - 1));
    const corner = (x: number | undefined): Waypoint => ({ position: [x ?? NaN, aside, HEIGHT], yaw: 0, gripper: 1 });
    return [
      ...pickPhases(start, "red", HEIGHT),
      { to: (view) => corner(view.read("toolPosition")[0]) },
      { to: (view) => corner(view.read("goal")[0]) },
      ...putPhases({
        cube: "red",
        place(view) {
          const [x = NaN, y = NaN] = view.read("goal");
          return [x, y, CUBE_HALF + 0.002];
        },
        height: HEIGHT,
      }),
    ];
  },
};
