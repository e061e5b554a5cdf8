/** @file The expert of sort: each cube that is not there yet into its bin, one that is held first, else a coin deciding. */

import type { ArmExpert } from "../expert.ts";
import type { CubeColor } from "../furniture.ts";
import { binOf, BINS, liesInBin, SORTED } from "../tasks/sort.ts";
import { isPicked, pickPhases, putPhases } from "./pick.ts";

/** Of the tool while it carries, m, and where it lets go. */
const HEIGHT = 0.16;
const RELEASE = 0.035;

export const sortExpert: ArmExpert = {
  phases(start, random) {
    const goal = start.read("goal");
    const drawn = random.integer(0, 2) === 0 ? SORTED : SORTED.toReversed();
    const order = drawn.toSorted((a, b) => Number(isPicked(start, b)) - Number(isPicked(start, a)));
    const isLeft = (color: CubeColor): boolean => !liesInBin(start.read(`${color}Position`), binOf(color, goal));
    // Where both lie in their bins already, the last one is put there again.
    const left = order.some(isLeft) ? order.filter(isLeft) : order.slice(1);
    return left.flatMap((color) => {
      const { x, y } = BINS[binOf(color, goal)];
      return [...pickPhases(start, color, HEIGHT), ...putPhases({ cube: color, place: () => [x, y, RELEASE], height: HEIGHT })];
    });
  },
};
