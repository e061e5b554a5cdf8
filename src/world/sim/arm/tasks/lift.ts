/** @file Lift: pick a cube up. */

import { cube, CUBE_HALF } from "../furniture.ts";
import { distance, randomCube, shareDone } from "../places.ts";
import type { ArmTask } from "../task.ts";

/** The cube is up when its middle is this far above where it lay, m. */
const UP = 0.1;

/**
 * Solved: the cube's middle 0.1 m above where it lay, for 5 ticks. Reward: up to 0.3 for coming near the cube, the rest for how high it
 * is.
 */
export const lift: ArmTask = {
  name: "lift",
  maxSteps: 160,
  holdTicks: 5,
  modes: [],
  solids: [cube("red")],
  objects: ["red"],
  goalNames: [],
  pressed: [],
  start: (random) => ({ objects: [randomCube(random, { x: [0.38, 0.58], y: [-0.18, 0.18] }, Math.PI / 6)], goal: [] }),
  instruction: () => "pick up the red cube",
  errands: () => [{ object: "red" }],
  measure({ tool, object }) {
    const { position } = object("red");
    const height = (position[2] ?? NaN) - CUBE_HALF;
    const near = 0.3 * shareDone(distance(tool, position), 0.3);
    return { reward: height >= UP ? 1 : near + 0.65 * shareDone(UP - height, UP), isSolved: height >= UP };
  },
};
