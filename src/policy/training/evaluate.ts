/** @file Roll a policy out in simulation: many episodes in lockstep, one batched call per chunk. */

import { rng } from "#engine/array";
import { chunkExecution, type ChunkExecution, type ExecutionChoice } from "#policy/control";
import { chunkNoise, observationWindow, type ChunkSampler, type ObservationWindow, type Policy } from "#policy/policies";
import type { Environment } from "#world/sim";
import { rmsJerk } from "./jerk.ts";
import { quantile } from "./summary-statistics.ts";
import type { Task } from "./tasks.ts";

export interface EvaluateOptions extends ExecutionChoice {
  readonly episodes: number;
  /** Episode i uses seed firstSeed + i. Default 100000, the test seeds of Diffusion Policy. */
  readonly firstSeed?: number;
  readonly signal?: AbortSignal;
  readonly onEpisode?: (done: number) => void;
}

/** One finished episode. */
export interface Rollout {
  readonly seed: number;
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
  /** Root mean square jerk of the executed positions before any collision, in the scene's unit per s³; null when too short. */
  readonly jerk: number | null;
  /** f[S] per tick, the first one before any action. */
  readonly states: readonly Float64Array[];
}

/** Wall time of one chunk at batch 1, ms. */
export interface InferenceTime {
  readonly inferenceMsMedian: number;
  readonly inferenceMsP99: number;
}

/** Episodes run side by side. Always this many rows, so that an episode does not depend on how many others there are. */
const LANES = 50;

/** @throws the signal's reason when it aborts; RangeError unless 1 ≤ executeSteps ≤ horizon */
export async function evaluatePolicy(policy: Policy, task: Task, options: EvaluateOptions): Promise<Rollout[]> {
  const { episodes, firstSeed = 100_000 } = options;
  const sampler = await policy.sampler(LANES);
  const rollouts: Rollout[] = [];
  for (let first = 0; first < episodes; first += LANES) {
    const seeds = Array.from({ length: Math.min(LANES, episodes - first) }, (_, i) => firstSeed + first + i);
    rollouts.push(...(await runLanes(seeds, sampler, { policy, task, options, done: first })));
  }
  return rollouts;
}

interface Lane {
  readonly seed: number;
  readonly environment: Environment;
  readonly queue: ChunkExecution;
  readonly window: ObservationWindow;
  readonly states: Float64Array[];
  /** Largest reward and coverage so far, and how the last step left the rest. */
  outcome: Pick<Rollout, "score" | "success" | "collision" | "coverage" | "mode" | "failure">;
  isDone: boolean;
}

interface LaneContext {
  readonly policy: Policy;
  readonly task: Task;
  readonly options: EvaluateOptions;
  /** Episodes finished before these. */
  readonly done: number;
}

async function runLanes(seeds: readonly number[], sampler: ChunkSampler, context: LaneContext): Promise<Rollout[]> {
  const { task, options } = context;
  const lanes = await startLanes(seeds, context);
  try {
    await rollLanes(lanes, sampler, context);
  } finally {
    for (const { environment } of lanes) environment.close();
  }
  options.onEpisode?.(context.done + lanes.length);
  const { scene, rateHz } = task.facts;
  return lanes.map(({ seed, outcome, states }) => {
    // Being stopped by an obstacle is no motion of the policy's.
    const moved = outcome.collision ? states.slice(0, -1) : states;
    return { seed, ...outcome, jerk: rmsJerk(moved, scene, rateHz), states };
  });
}

async function rollLanes(lanes: readonly Lane[], sampler: ChunkSampler, context: LaneContext): Promise<void> {
  const { task, options } = context;
  const { maxSteps } = task.facts;
  const action = new Float64Array(task.actionSize);
  for (let tick = 0; tick < maxSteps && lanes.some(({ isDone }) => !isDone); tick++) {
    options.signal?.throwIfAborted();
    if (tick % options.executeSteps === 0) await refill(lanes, sampler, tick / options.executeSteps);
    for (const lane of lanes) if (!lane.isDone) stepLane(lane, action, context);
    options.onEpisode?.(context.done + lanes.filter(({ isDone }) => isDone).length);
  }
}

async function startLanes(seeds: readonly number[], context: LaneContext): Promise<Lane[]> {
  const environments = await Promise.all(seeds.map(() => context.task.makeEnvironment()));
  return environments.map((environment, i) => startLane(environment, seeds[i] ?? NaN, context));
}

function startLane(environment: Environment, seed: number, { policy, task, options }: LaneContext): Lane {
  const { spec } = policy.weights.network;
  environment.reset(seed);
  const lane: Lane = {
    seed,
    environment,
    queue: chunkExecution({ ...spec, ...options }),
    window: observationWindow(spec),
    states: [],
    outcome: { score: 0, success: false, collision: false, coverage: null, mode: null, failure: null },
    isDone: false,
  };
  observe(lane, task);
  return lane;
}

function observe(lane: Lane, task: Task): void {
  const state = new Float64Array(lane.environment.stateSize);
  lane.environment.readState(state);
  lane.states.push(state);
  const observation = new Float32Array(task.obsSize);
  task.observe(state, observation, 0);
  lane.window.push(observation);
}

/** One batched call: a new chunk for every lane. Noise depends on the episode and the chunk alone. */
async function refill(lanes: readonly Lane[], sampler: ChunkSampler, chunk: number): Promise<void> {
  const [obsLength, noiseLength, chunkLength] = [sampler.observation, sampler.noise, sampler.chunk].map(({ length }) => length / LANES) as [number, number, number];
  lanes.forEach((lane, i) => {
    sampler.observation.set(lane.window.values, i * obsLength);
    chunkNoise(lane.seed, chunk, sampler.noise.subarray(i * noiseLength, (i + 1) * noiseLength));
  });
  await sampler.run();
  lanes.forEach((lane, i) => lane.queue.refill(sampler.chunk.subarray(i * chunkLength, (i + 1) * chunkLength)));
}

function stepLane(lane: Lane, action: Float64Array, { task }: LaneContext): void {
  lane.queue.next(action);
  const { reward, success, collision, coverage, mode, failure } = lane.environment.step(action);
  const { outcome: before } = lane;
  lane.outcome = {
    score: Math.max(before.score, reward),
    success,
    collision,
    coverage: coverage === null ? null : Math.max(before.coverage ?? 0, coverage),
    mode,
    failure,
  };
  lane.isDone = success || collision || failure !== null;
  observe(lane, task);
}

/** Time `calls` calls of one chunk after a warm-up, on states that these rollouts met. */
export async function inferenceTime(
  policy: Policy,
  rollouts: readonly Rollout[],
  task: Task,
  calls: number = 300,
): Promise<InferenceTime> {
  const sampler = await policy.sampler(1);
  const { obsSteps, obsSize } = policy.weights.network.spec;
  const states = rollouts.flatMap((rollout) => rollout.states);
  const times: number[] = [];
  for (let call = -20; call < calls; call++) {
    const state = states[Math.abs(call) % states.length] ?? [];
    for (let step = 0; step < obsSteps; step++) task.observe(state, sampler.observation, step * obsSize);
    rng(0, "timing", call).fillNormal(sampler.noise);
    const start = performance.now();
    await sampler.run();
    if (call >= 0) times.push(performance.now() - start);
  }
  return { inferenceMsMedian: quantile(times, 0.5), inferenceMsP99: quantile(times, 0.99) };
}
