/** @file Lanes: episodes played side by side, each with an environment of its own. */

import type { HostTensor } from "#engine/array";
import { observationBuffers, type ObservationInputs } from "#policy/encoders";
import { policyNetwork, type PolicySpec } from "#policy/policies";
import type { Environment } from "#world/sim";
import { observerOf, type Observer } from "./observer.ts";
import type { Task } from "./task.ts";

/** How an episode came out, as far as it was played. */
export interface LaneResult {
  /** What was to be done, in words; whether the policy was told is another matter (`Told`). */
  readonly instruction: string;
  /** Largest reward, in [0, 1]. */
  readonly score: number;
  /** Whether it was solved. */
  readonly success: boolean;
  /** Whether it ended in a collision. */
  readonly collision: boolean;
  /** Largest coverage, in [0, 1]; null where the task covers nothing. */
  readonly coverage: number | null;
  /** Which of the environment's `modes` it took; null when it took none. */
  readonly mode: number | null;
  /** Why the simulation itself broke down, which ended the episode as a failed one; else null. */
  readonly failure: string | null;
  /** f[S] per tick, the first one before any action. */
  readonly states: readonly Float64Array[];
}

/** What a policy is to know to go on. */
export interface LaneReport {
  /** What it observes now, by name of its encoder's inputs, a row for every lane. */
  readonly observations: Readonly<Record<string, HostTensor>>;
  /** Which episodes are over. */
  readonly isDone: readonly boolean[];
}

/** Episodes side by side, in this thread or in others. A call begins when the one before has come back. */
export interface Lanes {
  /** Begin an episode of every seed, in a lane for each. */
  start(seeds: readonly number[]): Promise<LaneReport>;
  /**
   * Play on, but for lanes that are done.
   *
   * @param actions f64[lanes, ticks, A] physical units
   */
  play(actions: Float64Array, ticks: number): Promise<LaneReport>;
  results(): Promise<readonly LaneResult[]>;
  close(): Promise<void>;
}

/**
 * What a policy that reads instructions is told: what is to be done, nothing, or that of another goal (`Environment.swappedInstruction`). A policy that listens succeeds by
 * chance when it is told nothing, and fails when it is told another goal.
 */
export const TOLD = ["goal", "nothing", "another"] as const;
export type Told = (typeof TOLD)[number];

/** Opens lanes for a policy at a task. @throws RangeError where another goal shall be told and the task has none */
export type OpenLanes = (task: Task, spec: PolicySpec, told: Told) => Promise<Lanes>;

/** Lanes in this thread. */
export async function localLanes(task: Task, spec: PolicySpec, told: Told = "goal"): Promise<Lanes> {
  const observer = observerOf(task, spec);
  const { inputs } = policyNetwork(spec).encoder;
  const environments: Environment[] = [];
  let lanes: Lane[] = [];
  const report = (): LaneReport => ({ observations: observationsOf(lanes, { observer, inputs, told }), isDone: lanes.map(({ isDone }) => isDone) });
  return {
    async start(seeds) {
      while (environments.length < seeds.length) environments.push(await task.makeEnvironment());
      // There is an environment for every seed now.
      lanes = seeds.map((seed, i) => startLane(environments[i] as Environment, seed));
      return report();
    },
    async play(actions, ticks) {
      const length = ticks * task.actionSize;
      lanes.forEach((lane, i) => playLane(lane, actions.subarray(i * length, (i + 1) * length), ticks));
      return report();
    },
    results: async () => lanes.map(({ outcome, states }) => ({ ...outcome, states })),
    close: async () => environments.forEach((environment) => environment.close()),
  };
}

interface Lane {
  readonly environment: Environment;
  readonly states: Float64Array[];
  outcome: Omit<LaneResult, "states">;
  isDone: boolean;
}

function startLane(environment: Environment, seed: number): Lane {
  environment.reset(seed);
  const outcome = { instruction: environment.instruction, score: 0, success: false, collision: false, coverage: null, mode: null, failure: null };
  return { environment, states: [stateOf(environment)], outcome, isDone: false };
}

/** The present state, f64[S], a copy. */
export function stateOf(environment: Environment): Float64Array {
  const state = new Float64Array(environment.stateSize);
  environment.readState(state);
  return state;
}

/** @param actions f64[ticks, A] */
function playLane(lane: Lane, actions: Float64Array, ticks: number): void {
  const { environment, states } = lane;
  const size = actions.length / ticks;
  for (let tick = 0; tick < ticks && !lane.isDone; tick++) {
    const { reward, success, collision, coverage, mode, failure } = environment.step(actions.subarray(tick * size, (tick + 1) * size));
    const { outcome: before } = lane;
    lane.outcome = {
      instruction: before.instruction,
      score: Math.max(before.score, reward),
      success,
      collision,
      coverage: coverage === null ? null : Math.max(before.coverage ?? 0, coverage),
      mode,
      failure,
    };
    lane.isDone = success || collision || failure !== null;
    states.push(stateOf(environment));
  }
}

interface Perception {
  readonly observer: Observer;
  readonly inputs: ObservationInputs;
  readonly told: Told;
}

/** Rows of lanes that are done stay 0: nobody looks at what they see. */
function observationsOf(lanes: readonly Lane[], { observer, inputs, told }: Perception): Record<string, HostTensor> {
  const observations = observationBuffers(inputs, lanes.length);
  lanes.forEach(({ environment, states, isDone }, i) => {
    if (!isDone) observer.write(observations, i, { states, instruction: instructionOf(environment, told) });
  });
  return observations;
}

/** @throws RangeError where another goal shall be told and the task has none */
export function instructionOf({ name, instruction, swappedInstruction }: Environment, told: Told): string {
  if (told === "goal") return instruction;
  if (told === "nothing") return "";
  if (swappedInstruction === null) throw new RangeError(`${name}: there is no other goal to tell of, as sort and stack have: its instruction is always "${instruction}"`);
  return swappedInstruction;
}
