/** @file Reach: bring the tool to a ball in the air. */

import { goalBall } from "../furniture.ts";
import { between, distance, shareDone } from "../places.ts";
import type { ArmTask } from "../task.ts";

/** The tool has arrived within this of the goal, m. */
const ARRIVED = 0.02;
/** Reward grows over this last part of the way, m. */
const WAY = 0.3;

/**
 * Goal f[3]: x, y, z of the ball, m. Solved: the tool within 2 cm of it for 5 ticks; its rotation is free. Reward: share of the last 0.3 m
 * that is done, up to 0.95, and 1 within 2 cm.
 */
export const reach: ArmTask = {
  name: "reach",
  maxSteps: 100,
  holdTicks: 5,
  modes: [],
  solids: [goalBall([0, 1, 2], ARRIVED)],
  objects: [],
  goalNames: ["x", "y", "z"],
  pressed: [],
  start: (random) => ({ objects: [], goal: [between(random, [0.35, 0.65]), between(random, [-0.25, 0.25]), between(random, [0.06, 0.4])] }),
  instruction: () => "move the gripper to the yellow ball",
  errands: (goal) => [{ to: [goal[0] ?? NaN, goal[1] ?? NaN, goal[2] ?? NaN] }],
  measure({ tool, goal }) {
    const left = distance(tool, goal);
    const isSolved = left <= ARRIVED;
    return { reward: isSolved ? 1 : 0.95 * shareDone(left - ARRIVED, WAY), isSolved };
  },
};
