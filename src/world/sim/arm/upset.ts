/** @file Upsets: something goes wrong, and a demonstration begins where that has led. */

import type { Rng } from "#engine/array";
import { rotation6dFromQuat } from "#world/kinematics";
import type { Environment } from "../environment.ts";
import { ARM_ACTION_SIZE } from "./action.ts";
import { between, distance } from "./places.ts";
import { DOWN, RATE_HZ } from "./servo.ts";

/** How far to the side a near one leads, m, a standard deviation along each axis; between which heights of the tool, m; how fast, m/s, and for how many ticks at least. */
const ASIDE_M = 0.05;
const HEIGHTS_M = [0.02, 0.2] as const;
const SPEED = 0.35;
const LEAST_TICKS = 6;
/** Where a far one leads, m. */
const ANYWHERE = { x: [0.28, 0.66], y: [-0.27, 0.27] } as const;
/** An expert acts for at most this share of an episode's longest: about as long as it needs. */
const LATEST_SHARE = 0.3;

const [OPEN, CLOSED] = [-1, 1];

/** What there is to act in. */
export type Workplace = Pick<Environment, "name" | "stateSize" | "maxSteps" | "readState" | "step">;

/** Who has acted before it goes wrong. */
export interface Before {
  /** The expert, for a state f[S]. */
  readonly act: (state: ArrayLike<number>) => ArrayLike<number>;
  /** Whether it acts for what is asked afterwards. What it takes for another goal it does not let go of: that would be done in vain, and most of what follows would be undoing it. */
  readonly isForGoal: boolean;
}

/**
 * Let an expert act for a while, and then lead the tool astray, a little or anywhere over the table, with the gripper open or closed, whatever it holds. Nothing is recorded: who begins
 * from where this ends shows what an expert never gets into by itself, such as fingers that have closed on nothing, and how to get out; and where the tool is then says nothing of where it
 * has to go, so that whoever learns from it has to look.
 *
 * After Laskey et al. 2017, arXiv:1703.09327 (disturbances that the policy would bring about itself), in large and seldom.
 *
 * @returns why the simulation broke down; else null
 */
export function upset(environment: Workplace, { act, isForGoal }: Before, random: Rng): string | null {
  const state = new Float64Array(environment.stateSize);
  const ticks = random.integer(0, Math.floor(LATEST_SHARE * environment.maxSteps));
  let isClosed = false;
  let keeps = false;
  for (let tick = 0; tick < ticks; tick++) {
    environment.readState(state);
    const action = act(state);
    keeps = !isForGoal && isClosed && action[9] === OPEN;
    if (keeps) break;
    isClosed = action[9] === CLOSED;
    const { success, failure } = environment.step(action);
    if (failure !== null) return failure;
    if (success) break;
  }
  environment.readState(state);
  const from = state.slice(0, 3); // every layout of the arm begins with the tool's position
  const isNear = random.integer(0, 2) === 0;
  const aside = (axis: 0 | 1): number => (isNear ? (from[axis] ?? NaN) + ASIDE_M * random.normal() : between(random, axis === 0 ? ANYWHERE.x : ANYWHERE.y));
  const to = [aside(0), aside(1), between(random, HEIGHTS_M)] as const;
  const gripper = random.integer(0, 2) === 0 && !keeps ? OPEN : CLOSED;
  const astray = Math.max(LEAST_TICKS, Math.ceil((distance(from, to) / SPEED) * RATE_HZ));
  const action = new Float64Array(ARM_ACTION_SIZE);
  action.set(rotation6dFromQuat(DOWN), 3);
  action[9] = gripper;
  for (let tick = 1; tick <= astray; tick++) {
    for (let axis = 0; axis < 3; axis++) action[axis] = (from[axis] ?? NaN) + (tick / astray) * ((to[axis] ?? NaN) - (from[axis] ?? NaN));
    const { failure } = environment.step(action);
    if (failure !== null) return failure;
  }
  return null;
}
