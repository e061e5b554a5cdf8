/** @file The expert of sort: each cube into its bin, a coin deciding which goes first. */

import type { ArmExpert } from "../expert.ts";
import { binOf, BINS, SORTED } from "../tasks/sort.ts";
import { pickPhases, putPhases } from "./pick.ts";

/** Of the tool while it carries, m, and where it lets go. */
const HEIGHT = 0.16;
const RELEASE = 0.035;

export const sortExpert: ArmExpert = {
  phases(start, random) {
    const goal = start.read("goal");
    const order = random.integer(0, 2) === 0 ? SORTED : SORTED.toReversed();
    return order.flatMap((color) => {
      const { x, y } = BINS[binOf(color, goal)];
      return [...pickPhases(color, HEIGHT), ...putPhases({ cube: color, place: () => [x, y, RELEASE], height: HEIGHT })];
    });
  },
};
