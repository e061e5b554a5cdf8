/** @file The fork: pass an obstacle on the left or on the right, and arrive behind it. */

import { rng } from "#engine/array";
import { requireNumbers, type Environment, type EnvironmentFacts } from "../environment.ts";
import { DT_S, firstContact, FORK_GOAL, FORK_MODES, FORK_OBSTACLE, TOP_SPEED, type Point } from "./geometry.ts";
import { FORK_SCENE } from "./scene.ts";
import { forkStart } from "./start.ts";

/** Distance from the middle of the starts to the goal, m. */
const WAY = FORK_GOAL.x;

export const FORK_FACTS: EnvironmentFacts = {
  name: "fork",
  rateHz: 1 / DT_S,
  maxSteps: 60,
  stateSize: 2,
  actionSize: 2,
  actionLow: [-TOP_SPEED, -TOP_SPEED],
  actionHigh: [TOP_SPEED, TOP_SPEED],
  modes: FORK_MODES,
  scene: FORK_SCENE,
};

/**
 * The fork task at 10 Hz: a point robot on a plane, a round obstacle on its straight way, the goal behind.
 *
 * State f64[2]: x, y, m. Action f64[2]: velocity, m/s, held for 0.1 s, meant to be in [-1, 1] and clamped to it. The
 * robot moves by exactly velocity · 0.1 s; there is no inertia.
 *
 * Success: within 0.15 m of the goal. Collision: the way of a step touches the obstacle; the robot stops there for
 * good. Mode: the side, 0 left (y > 0) or 1 right, on which the robot first passes the obstacle's middle.
 *
 * Reward: share of the 1.85 m from (0, 0) to the goal's rim that is behind the robot, (2 - distance to the goal) / 1.85
 * clamped to [0, 1]; 0 in a collision. An episode that collides keeps, as its score, the progress made before.
 */
export function fork(): Environment {
  let place: Point = { x: 0, y: 0 };
  const result = { reward: 0, success: false, collision: false, coverage: null, mode: null as number | null, failure: null };

  const start = (at: Point): void => {
    place = at;
    result.collision = false;
    result.mode = null;
  };
  const move = (to: Point): void => {
    const contact = firstContact(place, to, FORK_OBSTACLE);
    result.collision = contact !== null;
    const end = between(place, to, contact ?? 1);
    if (result.mode === null && !result.collision) result.mode = sidePassed(place, end);
    place = end;
  };

  return {
    ...FORK_FACTS,
    swappedInstruction: null,
    instruction: "pass the obstacle and go to the goal",

    reset(seed) {
      start(forkStart(rng(seed, "fork", "start")));
    },

    setState(state) {
      requireNumbers("fork.setState: state", state, 2);
      start({ x: state[0] ?? 0, y: state[1] ?? 0 });
    },

    readState(out) {
      if (out.length !== 2) throw new RangeError(`fork.readState: out holds ${out.length} numbers, expected 2`);
      out[0] = place.x;
      out[1] = place.y;
    },

    step(action) {
      requireNumbers("fork.step: action", action, 2);
      if (!result.collision) move({ x: place.x + DT_S * speed(action[0]), y: place.y + DT_S * speed(action[1]) });
      const distance = Math.hypot(place.x - FORK_GOAL.x, place.y - FORK_GOAL.y);
      const progress = Math.min(1, Math.max(0, (WAY - distance) / (WAY - FORK_GOAL.radius)));
      result.reward = result.collision ? 0 : progress;
      result.success = !result.collision && distance <= FORK_GOAL.radius;
      return result;
    },

    close() {},
  };
}

function speed(command: number = 0): number {
  return Math.min(TOP_SPEED, Math.max(-TOP_SPEED, command));
}

function between(from: Point, to: Point, share: number): Point {
  return share === 1 ? to : { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
}

/** Index of the side on which a step passes the obstacle's middle; null when it does not get there. */
function sidePassed(from: Point, to: Point): number | null {
  if (from.x >= FORK_OBSTACLE.x || to.x < FORK_OBSTACLE.x) return null;
  const { y } = between(from, to, (FORK_OBSTACLE.x - from.x) / (to.x - from.x));
  return y > FORK_OBSTACLE.y ? 0 : 1;
}
