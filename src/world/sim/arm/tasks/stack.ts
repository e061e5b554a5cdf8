/** @file Stack: put one cube on another; the instruction says which on which. */

import { COLORS, cube, CUBE_HALF, type CubeColor } from "../furniture.ts";
import { distance, distanceXY, onTopOf, randomCubes, shareDone } from "../places.ts";
import type { ArmTask, ArmView } from "../task.ts";

/** The cube to be moved and the one to be put on, by the goal's numbers. */
export function stackedPair(goal: ArrayLike<number>): { readonly upper: CubeColor; readonly lower: CubeColor } {
  const [upper, lower] = [COLORS[goal[0] ?? -1], COLORS[goal[1] ?? -1]];
  if (upper === undefined || lower === undefined || upper === lower) {
    throw new RangeError(`stack: goal is [${Array.from(goal).join(", ")}], expected two different ones of 0, 1, 2`);
  }
  return { upper, lower };
}

/**
 * Three cubes. Goal f[2]: which is put on which, 0 red, 1 green, 2 blue; no camera sees it, only the instruction says it.
 *
 * Solved: the middle of the one within 2 cm of the middle of the other, seen from above, and an edge above it within 1 cm, let go of, for
 * 5 ticks. Reward: up to 0.2 for coming near the cube, 0.2 for having it up, then the share of the way to its place.
 */
export const stack: ArmTask = {
  name: "stack",
  maxSteps: 240,
  holdTicks: 5,
  modes: [],
  solids: COLORS.map(cube),
  objects: COLORS,
  goalNames: ["upper", "lower"],
  pressed: [],
  start(random) {
    const objects = randomCubes(random, COLORS.length, { area: { x: [0.36, 0.58], y: [-0.18, 0.18] }, turn: Math.PI / 8, apart: 0.1 });
    const upper = random.integer(0, COLORS.length);
    return { objects, goal: [upper, (upper + random.integer(1, COLORS.length)) % COLORS.length] };
  },
  instruction(goal) {
    const { upper, lower } = stackedPair(goal);
    return `put the ${upper} cube on the ${lower} cube`;
  },
  errands(goal) {
    const { upper, lower } = stackedPair(goal);
    return [{ object: upper, to: lower }];
  },
  swappedGoal: (goal) => [goal[1] ?? NaN, goal[0] ?? NaN],
  measure: (view) => progress(view),
};

function progress({ tool, opening, object, goal }: ArmView): { reward: number; isSolved: boolean } {
  const { upper, lower } = stackedPair(goal);
  const [moved, base] = [object(upper).position, object(lower).position];
  const place = onTopOf(base);
  const isOn = distanceXY(moved, place) <= 0.02 && Math.abs((moved[2] ?? NaN) - (place[2] ?? NaN)) <= 0.01;
  const isSolved = isOn && opening > 0.06;
  const near = 0.2 * shareDone(distance(tool, moved), 0.3);
  const isUp = (moved[2] ?? NaN) > CUBE_HALF + 0.01;
  return { reward: isSolved ? 1 : near + (isUp ? 0.2 : 0) + 0.5 * shareDone(distance(moved, place), 0.3), isSolved };
}
