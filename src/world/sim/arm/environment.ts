/** @file A task of the arm as an environment. */

import { rng } from "#engine/array";
import { normalizeQuat, type Pose } from "#world/kinematics";
import { requireNumbers, type Environment, type EnvironmentFacts } from "../environment.ts";
import { ARM_ACTION_SIZE } from "./action.ts";
import { table } from "./furniture.ts";
import { armLayout, readSlice, sliceOf, type ArmLayout } from "./layout.ts";
import { armMjcf } from "./mjcf.ts";
import { compileMjcf, loadMuJoCo, type Physics } from "./mujoco.ts";
import { FULL_OPENING, ROBOT_CHAIN, robotSolids } from "./robot.ts";
import { DOWN, HOME_TOOL, homePosture, RATE_HZ, WORKSPACE } from "./servo.ts";
import type { ArmSolid } from "./solids.ts";
import type { ArmTask, ArmView } from "./task.ts";
import { topView } from "./top-view.ts";
import { armWorld, type WorldStart } from "./world.ts";

/** Episodes start with the tool within this of its home along every axis, m. */
const START_SPREAD = 0.05;

/** How far a recorded joint may stand beyond its limit, rad, and the opening beyond its own, m: limits give way a little. */
const GIVE = { joint: 0.1, opening: 0.01 } as const;

/** @throws RangeError for a posture that the arm cannot have */
function requirePosture(who: string, joints: readonly number[], opening: number): void {
  ROBOT_CHAIN.joints.forEach(({ name, low, high }, i) => {
    const angle = joints[i] ?? NaN;
    if (!(angle >= low - GIVE.joint && angle <= high + GIVE.joint)) throw new RangeError(`${who}: ${name} is ${angle} rad, expected ${low} to ${high}`);
  });
  if (!(opening >= -GIVE.opening && opening <= FULL_OPENING + GIVE.opening)) throw new RangeError(`${who}: opening is ${opening} m, expected 0 to ${FULL_OPENING}`);
}

/** All solids of a task: table, robot, and what stands there. Their order is that of `solidPlacer`. */
export function armSolids(task: ArmTask): readonly ArmSolid[] {
  return [table(), ...robotSolids(), ...task.solids];
}

export function armTaskLayout(task: ArmTask): ArmLayout {
  return armLayout(task.objects, task.goalNames);
}

export function armFacts(task: ArmTask): EnvironmentFacts {
  const layout = armTaskLayout(task);
  return {
    name: task.name,
    rateHz: RATE_HZ,
    maxSteps: task.maxSteps,
    stateSize: layout.size,
    actionSize: ARM_ACTION_SIZE,
    actionLow: [...WORKSPACE.low, ...Array<number>(7).fill(-1)],
    actionHigh: [...WORKSPACE.high, ...Array<number>(7).fill(1)],
    modes: task.modes,
    scene: topView(task, layout),
  };
}

/**
 * A task of the 7-DoF arm at 20 Hz, simulated by MuJoCo in steps of 2.5 ms.
 *
 * State f64[S]: see `armLayout`. It leaves out velocities and what the servos were told; `setState` starts at rest, told to stay. The
 * joints decide: a tool pose that contradicts them is not used. Two objects must not be put into one another.
 *
 * Action f64[10]: where the tool shall be after this tick, absolute, in the base frame: position 3 (m, moved into `WORKSPACE`), the first
 * two rows of its rotation matrix 6 (of any length), and the gripper, -1 open to 1 closed, with all between. The joints follow by
 * `ToolServo`, over the tick in a straight line, and the servos follow these. The same as in arXiv:2511.12101, section V.
 *
 * An episode in which MuJoCo warns, or a number is not finite, has failed: `StepResult.failure` says why, the state stays that of the
 * tick before, and nothing moves until `reset` or `setState`.
 */
export async function armEnvironment(task: ArmTask): Promise<Environment> {
  const mjcf = armMjcf({ solids: armSolids(task), pressed: task.pressed });
  return armEpisodes(task, compileMjcf(await loadMuJoCo(), mjcf));
}

/** What an episode has come to. */
const freshResult = () => ({ reward: 0, success: false, collision: false, coverage: null, mode: null as number | null, failure: null as string | null });

function armEpisodes(task: ArmTask, physics: Physics): Environment {
  const layout = armTaskLayout(task);
  const world = armWorld(task, physics);
  const result = freshResult();
  let goal: readonly number[] = task.start(rng(0, task.name)).goal;
  let solvedTicks = 0;

  const begin = (start: WorldStart, withGoal: readonly number[]): void => {
    world.start(start);
    goal = withGoal;
    solvedTicks = 0;
    Object.assign(result, freshResult());
  };
  const view = (): ArmView => {
    return { tool: world.tool.position, opening: world.opening(), goal, object: world.object, forces: world.forces };
  };
  const before = new Float64Array(3);

  return {
    ...armFacts(task),
    get instruction() {
      return task.instruction(goal);
    },
    get swappedInstruction() {
      return task.swappedGoal === undefined ? null : task.instruction(task.swappedGoal(goal));
    },

    reset(seed) {
      const random = rng(seed, task.name, "start");
      const start = task.start(random);
      const position = HOME_TOOL.position;
      const jittered = Array.from(position, (value) => value + START_SPREAD * (2 * random.uniform() - 1));
      begin({ joints: homePosture({ position: jittered, quat: DOWN }), opening: FULL_OPENING, objects: start.objects }, start.goal);
    },

    setState(state) {
      requireNumbers(`${task.name}.setState: state`, state, layout.size);
      const read = (name: string): number[] => readSlice(layout, name, state);
      const objects = task.objects.map((name): Pose => ({ position: read(`${name}Position`), quat: normalizeQuat(read(`${name}Quat`)) }));
      const asked = task.goalNames.length > 0 ? read("goal") : [];
      task.instruction(asked); // refuses numbers that ask for nothing
      requirePosture(`${task.name}.setState`, read("joints"), read("opening")[0] ?? NaN);
      begin({ joints: read("joints"), opening: read("opening")[0] ?? 0, objects }, asked);
    },

    readState(out) {
      if (out.length !== layout.size) throw new RangeError(`${task.name}.readState: out holds ${out.length} numbers, expected ${layout.size}`);
      world.write(out, layout);
      if (goal.length > 0) out.set(goal, sliceOf(layout, "goal").offset);
    },

    step(action) {
      requireNumbers(`${task.name}.step: action`, action, ARM_ACTION_SIZE);
      if (result.failure !== null) return result;
      before.set(world.tool.position);
      result.failure = world.step(action);
      if (result.failure !== null) {
        Object.assign(result, { reward: 0, success: false });
        return result;
      }
      const { reward, isSolved, collision = false, mode = null } = task.measure(view(), before);
      result.collision ||= collision;
      result.mode ??= mode;
      solvedTicks = isSolved && !result.collision ? solvedTicks + 1 : 0;
      result.success = solvedTicks >= task.holdTicks;
      result.reward = result.collision ? 0 : Math.min(1, Math.max(0, reward));
      return result;
    },

    close: () => physics.close(),
  };
}
