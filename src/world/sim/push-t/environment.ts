/** @file Push-T: push a T-shaped block onto its goal pose with a round pusher. */

import { requireNumbers, type Environment, type EnvironmentFacts, type StepResult } from "../environment.ts";
import { numpyRandom } from "../numpy-random.ts";
import { originX, originY, placeAgent, placeBlock, turn } from "./body.ts";
import { coverageMeter } from "./coverage.ts";
import { GOAL, WORLD_SIZE } from "./geometry.ts";
import { PUSH_T_SCENE } from "./scene.ts";
import { DT_S, forgetContacts, stepWorld, world } from "./solver.ts";

const SUBSTEPS = 10;
/** Gains of the agent's position control, 1/s² and 1/s: critically damped at 10 rad/s. */
const STIFFNESS = 100;
const DAMPING = 20;
/** Coverage above which the task counts as solved, and at which the reward reaches 1. */
const SUCCESS_COVERAGE = 0.95;
const TAU = 2 * Math.PI;

export const PUSH_T_FACTS: EnvironmentFacts = {
  name: "push-t",
  rateHz: 1 / (SUBSTEPS * DT_S),
  maxSteps: 300,
  stateSize: 5,
  actionSize: 2,
  actionLow: [0, 0],
  actionHigh: [WORLD_SIZE, WORLD_SIZE],
  modes: [],
  scene: PUSH_T_SCENE,
};

/** Push-T, whose steps always have a coverage. */
export interface PushT extends Environment {
  step(action: ArrayLike<number>): StepResult & { readonly coverage: number };
}

/**
 * The Push-T task at 10 Hz.
 *
 * State f64[5]: agent x, y (px); block x, y (px, its frame's origin); block angle (rad, in [0, 2π)). It leaves out
 * the agent's velocity and the contacts; `setState` starts both afresh, with everything at rest.
 * Action f64[2]: where the agent shall go, px, meant to be in [0, 512]; it is not clamped, as in the original.
 * Reward: coverage / 0.95, at most 1. Success: coverage > 0.95.
 *
 * `reset(seed)` starts where the original starts for that seed: numpy's legacy generator, the block's position set
 * before its angle (so that turning about the centre of mass moves the origin), then one step of 0.01 s.
 *
 * Source: diffusion_policy/env/pusht/pusht_env.py with `legacy=True` (arXiv:2303.04137); gym-pusht
 * gym_pusht/envs/pusht.py at 06f6fef.
 */
export function pushT(): PushT {
  const w = world();
  const { agent, block } = w;
  const coverageAt = coverageMeter(GOAL);
  const pose = { x: 0, y: 0, angleRad: 0 };
  const result = { reward: 0, coverage: 0, success: false, collision: false, mode: null, failure: null };

  const measure = (): typeof result => {
    pose.x = originX(block);
    pose.y = originY(block);
    pose.angleRad = block.angleRad;
    result.coverage = coverageAt(pose);
    result.reward = Math.min(1, result.coverage / SUCCESS_COVERAGE);
    result.success = result.coverage > SUCCESS_COVERAGE;
    return result;
  };

  return {
    ...PUSH_T_FACTS,
    swappedInstruction: null,
    instruction: "Push the T-shaped block onto the T-shaped target.",

    reset(seed) {
      const [agentX, agentY, blockX, blockY, angleRad] = requestedStart(seed);
      forgetContacts(w);
      placeAgent(agent, agentX, agentY);
      placeBlock(block, blockX, blockY, 0);
      turn(block, angleRad);
      stepWorld(w);
    },

    setState(state) {
      requireNumbers("pushT.setState: state", state, 5);
      forgetContacts(w);
      placeAgent(agent, state[0] ?? 0, state[1] ?? 0);
      placeBlock(block, state[2] ?? 0, state[3] ?? 0, state[4] ?? 0);
      // At rest nothing moves in this step; it only finds the contacts, as after `reset`.
      stepWorld(w);
    },

    readState(out) {
      if (out.length !== 5) throw new RangeError(`pushT.readState: out holds ${out.length} numbers, expected 5`);
      out[0] = agent.x;
      out[1] = agent.y;
      out[2] = originX(block);
      out[3] = originY(block);
      out[4] = ((block.angleRad % TAU) + TAU) % TAU;
    },

    step(action) {
      requireNumbers("pushT.step: action", action, 2);
      const targetX = action[0] ?? 0;
      const targetY = action[1] ?? 0;
      for (let i = 0; i < SUBSTEPS; i++) {
        agent.vx += (STIFFNESS * (targetX - agent.x) - DAMPING * agent.vx) * DT_S;
        agent.vy += (STIFFNESS * (targetY - agent.y) - DAMPING * agent.vy) * DT_S;
        stepWorld(w);
      }
      return measure();
    },

    close() {},
  };
}

/**
 * What the original asks for at `reset(seed)`: agent x, y, block x, y (px, whole numbers) and angle (rad). The angle
 * is drawn from a normal distribution with standard deviation 2π about -π.
 */
export function requestedStart(seed: number): readonly [number, number, number, number, number] {
  const random = numpyRandom(seed);
  const agentX = random.randint(50, 450);
  const agentY = random.randint(50, 450);
  const blockX = random.randint(100, 400);
  const blockY = random.randint(100, 400);
  return [agentX, agentY, blockX, blockY, random.randn() * 2 * Math.PI - Math.PI];
}
