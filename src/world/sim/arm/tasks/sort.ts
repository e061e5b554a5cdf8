/** @file Sort: two cubes into two bins; only the instruction says which into which. */

import { bin, BIN, cube, CUBE_HALF, type CubeColor } from "../furniture.ts";
import { distance, isHeld, randomCubes, shareDone } from "../places.ts";
import type { ArmTask, ArmView } from "../task.ts";

export const SORTED: readonly CubeColor[] = ["red", "blue"];
/** Middles of the bins, m. */
export const BINS = { left: { x: 0.55, y: 0.2 }, right: { x: 0.55, y: -0.2 } } as const;
export type BinSide = keyof typeof BINS;

/** Where a cube goes, by the goal's number: 0 red left and blue right, 1 the other way. */
export function binOf(color: CubeColor, goal: ArrayLike<number>): BinSide {
  if (goal[0] !== 0 && goal[0] !== 1) throw new RangeError(`sort: goal is ${goal[0]}, expected 0 or 1`);
  return (color === "red") === (goal[0] === 0) ? "left" : "right";
}

/**
 * A red and a blue cube between the robot and two bins. Goal f[1]: 0 where red goes left and blue right, 1 the other way; nothing that is
 * seen says it.
 *
 * Modes: which cube is first in its bin. Solved: both lie in their bins, let go of, for 5 ticks. Reward: half for each cube, up to 0.45 of it
 * by how near it is to its bin.
 */
export const sort: ArmTask = {
  name: "sort",
  maxSteps: 480,
  holdTicks: 5,
  modes: ["red first", "blue first"],
  solids: [...SORTED.map(cube), ...bin("bin_left", BINS.left.x, BINS.left.y), ...bin("bin_right", BINS.right.x, BINS.right.y)],
  objects: SORTED,
  goalNames: ["swapped"],
  pressed: [],
  start(random) {
    const objects = randomCubes(random, SORTED.length, { area: { x: [0.34, 0.42], y: [-0.13, 0.13] }, turn: Math.PI / 8, apart: 0.1 });
    return { objects, goal: [random.integer(0, 2)] };
  },
  instruction: (goal) => `put the red cube into the ${binOf("red", goal)} bin and the blue cube into the ${binOf("blue", goal)} bin`,
  errands: (goal) =>
    SORTED.map((color) => {
      const { x, y } = BINS[binOf(color, goal)];
      return { object: color, to: [x, y, CUBE_HALF] };
    }),
  swappedGoal: (goal) => [1 - (goal[0] ?? NaN)],
  measure(view) {
    const isIn = SORTED.map((color) => isInBin(color, view));
    const isSolved = isIn.every(Boolean);
    const shares = SORTED.map((color, i) => (isIn[i] === true ? 1 : 0.9 * shareDone(distanceToBin(color, view), 0.4)));
    const first = isIn.indexOf(true);
    return {
      reward: isSolved ? 1 : Math.min(0.99, shares.reduce((sum, share) => sum + share, 0) / 2),
      isSolved,
      mode: first < 0 || isSolved ? null : first,
    };
  },
};

/** On the floor of its bin, and nothing holds it. */
function isInBin(color: CubeColor, view: ArmView): boolean {
  const { position } = view.object(color);
  return liesInBin(position, binOf(color, view.goal)) && !isHeld(position, view);
}

/** Whether something at a position, m, is inside a bin, on its floor. */
export function liesInBin(position: ArrayLike<number>, side: BinSide): boolean {
  const { x, y } = BINS[side];
  const [dx, dy] = [Math.abs((position[0] ?? NaN) - x), Math.abs((position[1] ?? NaN) - y)];
  return dx < BIN.half && dy < BIN.half && (position[2] ?? NaN) < CUBE_HALF + 0.02;
}

function distanceToBin(color: CubeColor, { object, goal }: ArmView): number {
  const { x, y } = BINS[binOf(color, goal)];
  return distance(object(color).position, [x, y, CUBE_HALF]);
}
