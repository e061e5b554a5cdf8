/** @file Roll a policy out in simulation: many episodes in lockstep, one batched call per chunk. */

import { rng, type HostTensor } from "#engine/array";
import { chunkExecution, type ChunkExecution, type ExecutionChoice } from "#policy/control";
import { chunkNoise, type ChunkSampler, type Policy } from "#policy/policies";
import { FIRST_EVALUATION_SEED } from "./evaluation-seeds.ts";
import { rmsJerk } from "./jerk.ts";
import { localLanes, type LaneReport, type LaneResult, type Lanes, type OpenLanes, type Told } from "./lanes.ts";
import { observerOf } from "./observer.ts";
import { quantile } from "./summary-statistics.ts";
import type { Task } from "./tasks.ts";

export interface EvaluateOptions extends ExecutionChoice {
  readonly episodes: number;
  /** Episode i uses seed firstSeed + i. Default 100000, the test seeds of Diffusion Policy. */
  readonly firstSeed?: number;
  readonly signal?: AbortSignal;
  readonly onEpisode?: (done: number) => void;
  /** Default `"goal"`. */
  readonly told?: Told;
  /** Where episodes are played. Default in this thread. */
  readonly openLanes?: OpenLanes;
}

/** One finished episode. */
export interface Rollout extends LaneResult {
  readonly seed: number;
  /** Root mean square jerk of the executed positions before any collision, in the scene's unit per s³; null when too short. */
  readonly jerk: number | null;
}

/** Wall time of one chunk at batch 1, ms. */
export interface InferenceTime {
  readonly inferenceMsMedian: number;
  readonly inferenceMsP99: number;
}

/** Episodes run side by side. Always this many rows, so that an episode does not depend on how many others there are. */
const LANES = 50;

/** @throws the signal's reason when it aborts; RangeError unless 1 ≤ executeSteps ≤ horizon, or when the policy is not one of the task */
export async function evaluatePolicy(policy: Policy, task: Task, options: EvaluateOptions): Promise<Rollout[]> {
  const { episodes, firstSeed = FIRST_EVALUATION_SEED, openLanes = localLanes, told = "goal" } = options;
  const sampler = await policy.sampler(LANES);
  const lanes = await openLanes(task, policy.weights.network.spec, told);
  const rollouts: Rollout[] = [];
  try {
    for (let done = 0; done < episodes; done += LANES) {
      const seeds = Array.from({ length: Math.min(LANES, episodes - done) }, (_, i) => firstSeed + done + i);
      rollouts.push(...(await playBlock(seeds, { policy, task, options, sampler, lanes, done })));
    }
  } finally {
    await lanes.close();
  }
  return rollouts;
}

interface Block {
  readonly policy: Policy;
  readonly task: Task;
  readonly options: EvaluateOptions;
  readonly sampler: ChunkSampler;
  readonly lanes: Lanes;
  /** Episodes finished before these. */
  readonly done: number;
}

async function playBlock(seeds: readonly number[], block: Block): Promise<Rollout[]> {
  const { policy, task, options, sampler, lanes, done } = block;
  const { scene, rateHz, maxSteps } = task.facts;
  const queues = seeds.map(() => chunkExecution({ ...policy.weights.network.spec, ...options }));
  let report = await lanes.start(seeds);
  for (let chunk = 0, tick = 0; tick < maxSteps && report.isDone.includes(false); chunk++, tick += options.executeSteps) {
    options.signal?.throwIfAborted();
    await refill(queues, { sampler, report, seeds, chunk });
    const ticks = Math.min(options.executeSteps, maxSteps - tick);
    report = await lanes.play(nextActions(queues, ticks, task.actionSize), ticks);
    options.onEpisode?.(done + report.isDone.filter((isDone) => isDone).length);
  }
  options.onEpisode?.(done + seeds.length);
  const results = await lanes.results();
  return results.map((result, i) => {
    // Being stopped by an obstacle is no motion of the policy's.
    const moved = result.collision ? result.states.slice(0, -1) : result.states;
    return { seed: seeds[i] ?? NaN, ...result, jerk: rmsJerk(moved, scene, rateHz) };
  });
}

interface Refill {
  readonly sampler: ChunkSampler;
  readonly report: LaneReport;
  readonly seeds: readonly number[];
  readonly chunk: number;
}

/** One batched call: a new chunk for every lane. Noise depends on the episode and the chunk alone. */
async function refill(queues: readonly ChunkExecution[], { sampler, report, seeds, chunk }: Refill): Promise<void> {
  for (const [name, { data }] of Object.entries(report.observations)) copyRows(data, sampler.observations[name]?.data);
  const [noiseLength, chunkLength] = [sampler.noise, sampler.chunk].map(({ length }) => length / LANES) as [number, number];
  seeds.forEach((seed, i) => chunkNoise(seed, chunk, sampler.noise.subarray(i * noiseLength, (i + 1) * noiseLength)));
  await sampler.run();
  queues.forEach((queue, i) => queue.refill(sampler.chunk.subarray(i * chunkLength, (i + 1) * chunkLength)));
}

/** To the first rows; both come from the same input of the encoder, so that they are of one type. */
function copyRows(from: HostTensor["data"], to: HostTensor["data"] | undefined): void {
  (to as Float32Array | undefined)?.set(from as Float32Array);
}

/** f64[lanes, ticks, A] */
function nextActions(queues: readonly ChunkExecution[], ticks: number, size: number): Float64Array {
  const actions = new Float64Array(queues.length * ticks * size);
  queues.forEach((queue, lane) => {
    for (let tick = 0; tick < ticks; tick++) {
      const at = (lane * ticks + tick) * size;
      queue.next(actions.subarray(at, at + size));
    }
  });
  return actions;
}

/** Time `calls` calls of one chunk after a warm-up, on states that these rollouts met. */
export async function inferenceTime(
  policy: Policy,
  rollouts: readonly Rollout[],
  task: Task,
  calls: number = 300,
): Promise<InferenceTime> {
  const sampler = await policy.sampler(1);
  const observer = observerOf(task, policy.weights.network.spec);
  const states = rollouts.flatMap((rollout) => rollout.states);
  const times: number[] = [];
  for (let call = -20; call < calls; call++) {
    const state = states[Math.abs(call) % states.length] ?? [];
    observer.write(sampler.observations, 0, { states: [state], instruction: "" });
    rng(0, "timing", call).fillNormal(sampler.noise);
    const start = performance.now();
    await sampler.run();
    if (call >= 0) times.push(performance.now() - start);
  }
  return { inferenceMsMedian: quantile(times, 0.5), inferenceMsP99: quantile(times, 0.99) };
}
