/** @file Pick and place round a post: carry a cube past it on the left or on the right, and put it down on a mark. */

import { cube, CUBE_HALF, goalMark, post } from "../furniture.ts";
import { between, distance, distanceXY, randomCube, shareDone } from "../places.ts";
import type { ArmTask } from "../task.ts";

/** Where the post stands, and how far one stays clear of it, m. */
export const POST = { x: 0.52, y: 0, radius: 0.02, height: 0.15 } as const;
/** The cube is on the mark within this of its middle, m. */
const ARRIVED = 0.05;
/** Who passes the post nearer than this to its middle passes above it, which is neither way, m. */
const ABOVE = 0.04;
/** Brushing past it is allowed; this is not, N. */
const PRESSED_N = 5;

/**
 * A cube in front of the post, a mark behind it. Goal f[2]: x, y of the mark, m.
 *
 * Modes: the side, left (y > 0) or right, on which the tool first passes the post's middle while it has the cube off the table.
 * Collision: the post is pressed with more than 5 N. Solved: the cube lies within 5 cm of the mark, let go of, for 5 ticks. Reward: up to
 * 0.2 for coming near the cube, 0.3 for having it up, then the share of the way to the mark.
 */
export const pickPlace: ArmTask = {
  name: "pick-place",
  maxSteps: 300,
  holdTicks: 5,
  modes: ["left", "right"],
  solids: [cube("red"), post("post", POST.x, POST.y, POST), goalMark([0, 1], ARRIVED)],
  objects: ["red"],
  goalNames: ["x", "y"],
  pressed: ["post"],
  start(random) {
    const object = randomCube(random, { x: [0.34, 0.38], y: [-0.04, 0.04] }, Math.PI / 8);
    return { objects: [object], goal: [between(random, [0.66, 0.7]), between(random, [-0.04, 0.04])] };
  },
  instruction: () => "put the red cube on the yellow mark behind the post",
  errands: (goal) => [{ object: "red", to: [goal[0] ?? NaN, goal[1] ?? NaN, CUBE_HALF] }],
  measure({ tool, opening, object, goal, forces }, before) {
    const { position } = object("red");
    const height = (position[2] ?? NaN) - CUBE_HALF;
    const way = distanceXY(position, goal);
    const isUp = height > 0.01;
    const isSolved = way <= ARRIVED && height < 0.005 && opening > 0.06;
    const near = 0.2 * shareDone(distance(tool, position), 0.3);
    const reward = isSolved ? 1 : near + (isUp || way <= ARRIVED ? 0.2 : 0) + 0.5 * shareDone(way, 0.36);
    return { reward, isSolved, collision: (forces[0] ?? 0) > PRESSED_N, mode: isUp ? sidePassed(before, tool) : null };
  },
};

/** Index of the side on which the tool passed the post's middle in this tick. */
function sidePassed(from: ArrayLike<number>, to: ArrayLike<number>): number | null {
  const [fromX, toX] = [from[0] ?? NaN, to[0] ?? NaN];
  if (fromX >= POST.x || toX < POST.x) return null;
  const y = ((from[1] ?? NaN) + (to[1] ?? NaN)) / 2 - POST.y;
  return Math.abs(y) < ABOVE ? null : y > 0 ? 0 : 1;
}
