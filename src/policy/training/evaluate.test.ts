/** @file Laws of vectorised evaluation. */

import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, type Policy } from "#policy/policies";
import { tinyPolicy, tinyRows } from "#testing";
import type { Environment, EnvironmentFacts } from "#world/sim";
import { evaluatePolicy, inferenceTime, type Rollout } from "./evaluate.ts";
import { taskOf, type Task } from "./tasks.ts";

const pushT = taskOf("push-t");
const load = (): Policy => loadPolicy(tinyPolicy(tinyRows({ obsSize: 18, actionSize: 2 })), openSession);

test("the same policy twice gives the same rollouts, and scores lie in [0, 1]", async () => {
  await using policy = load();
  const first = await evaluatePolicy(policy, pushT, { episodes: 3, executeSteps: 2 });
  expect(await evaluatePolicy(policy, pushT, { episodes: 3, executeSteps: 2 })).toEqual(first);
  expect(first.map(({ seed }) => seed)).toEqual([100_000, 100_001, 100_002]);
  for (const { score, coverage, states } of first) {
    for (const value of [score, coverage ?? NaN]) expect(value >= 0 && value <= 1).toBe(true);
    expect(states).toHaveLength(301);
    expect(states[0]).not.toEqual(states[300]);
  }
});

test("an episode does not depend on how many others run", async () => {
  await using policy = load();
  const three = await evaluatePolicy(policy, pushT, { episodes: 3, executeSteps: 2 });
  const seven = await evaluatePolicy(policy, pushT, { episodes: 7, executeSteps: 2 });
  expect(seven.slice(0, 3)).toEqual(three);
  const last = await evaluatePolicy(policy, pushT, { episodes: 1, firstSeed: 100_006, executeSteps: 2 });
  expect(last).toEqual(seven.slice(6));
});

/** A task on a line: the state is (seed, place), an action moves, the reward is a tenth of the place up to 1. */
function lineTask(options: { readonly maxSteps?: number; readonly solvedAt?: number; readonly wallAt?: number } = {}): Task {
  const { maxSteps = 7, solvedAt = Infinity, wallAt = -Infinity } = options;
  const facts: EnvironmentFacts = {
    name: "line",
    rateHz: 10,
    maxSteps,
    stateSize: 2,
    actionSize: 1,
    actionLow: [-1],
    actionHigh: [1],
    modes: ["up", "down"],
    scene: { unit: "m", view: { left: 0, right: 10, top: 1, bottom: -1 }, shapes: [], robot: { x: 1, y: 1 } },
  };
  const makeEnvironment = async (): Promise<Environment> => {
    let [seed, place] = [0, 0];
    return {
      ...facts,
      instruction: "move",
      swappedInstruction: null,
      close: () => {},
      reset: (to) => void ([seed, place] = [to, 0]),
      setState: (state) => void ([seed, place] = [state[0] ?? 0, state[1] ?? 0]),
      readState: (out) => out.set([seed, place]),
      step(action) {
        place += action[0] ?? NaN;
        const reward = Math.max(0, Math.min(1, place / 10));
        return { reward, success: place >= solvedAt, collision: place <= wallAt, coverage: reward, mode: place < 0 ? 1 : 0, failure: null };
      },
    };
  };
  return {
    name: "line",
    dataset: "line",
    view: { size: 2, observe: (state, out, offset) => out.set([state[0] ?? 0, state[1] ?? 0], offset) },
    actionSize: 1,
    anchored: [],
    facts,
    makeEnvironment,
    motion: { target: ["action"], pose: ["observation.state"] },
  };
}

/** A policy for the line whose chunk is a function of the observed rows; records what each lane saw. */
function scriptedPolicy(chunkOf: (seen: readonly number[]) => readonly number[], obsSteps: number): { policy: Policy; seen: number[][] } {
  const seen: number[][] = [];
  const rows = tinyRows({ obsSize: 2, actionSize: 1 });
  const weights = tinyPolicy(rows, { obsSteps, horizon: 3 });
  const policy: Policy = {
    weights,
    async sampler(batch) {
      const [observation, noise, chunk] = [obsSteps * 2, 3, 3].map((size) => new Float32Array(batch * size)) as [Float32Array<ArrayBuffer>, Float32Array, Float32Array];
      const run = async (): Promise<void> => {
        for (let lane = 0; lane < batch; lane++) {
          const row = [...observation.subarray(lane * obsSteps * 2, (lane + 1) * obsSteps * 2)];
          if (row[0] !== 0) seen.push(row);
          chunk.set(chunkOf(row), lane * 3);
        }
      };
      const observations = { observation: { dtype: "f32" as const, shape: [batch, obsSteps, 2], data: observation } };
      return { observation, observations, noise, chunk, run };
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  return { policy, seen };
}

const places = ({ states }: Rollout): number[] => states.map((state) => state[1] ?? NaN);

test("the policy sees the last O observations, newest last; before the first action the first one stands for all", async () => {
  const { policy, seen } = scriptedPolicy(() => [1, 10, 100], 3);
  const rollouts = await evaluatePolicy(policy, lineTask(), { episodes: 1, firstSeed: 9, executeSteps: 2 });
  expect(rollouts.map(places)).toEqual([[0, 1, 11, 12, 22, 23, 33, 34]]);
  expect(seen).toEqual([
    [9, 0, 9, 0, 9, 0],
    [9, 0, 9, 1, 9, 11],
    [9, 11, 9, 12, 9, 22],
    [9, 22, 9, 23, 9, 33],
  ]);
});

test("chunks are executed in the way that is asked for", async () => {
  const { policy } = scriptedPolicy(([, place = 0]) => [1, place + 2, 0], 1);
  const options = { episodes: 1, firstSeed: 9, executeSteps: 1, execution: "temporal-ensemble" } as const;
  const [rollout] = await evaluatePolicy(policy, lineTask({ maxSteps: 3 }), options);
  // What the chunks say for each tick, the oldest first; the second one begins at place 1.
  const moves = [[1], [2, 1], [0, 3, 1]].map((said) => {
    const weights = said.map((_, i) => Math.exp(-0.01 * i));
    return said.reduce((sum, move, i) => sum + move * (weights[i] ?? NaN), 0) / weights.reduce((a, b) => a + b);
  });
  const [, ...reached] = rollout === undefined ? [] : places(rollout);
  expect(reached).toHaveLength(3);
  reached.forEach((place, i) => expect(place).toBeCloseTo(moves.slice(0, i + 1).reduce((a, b) => a + b), 6));
  const longer = evaluatePolicy(policy, lineTask(), { ...options, executeSteps: 4 });
  await expect(longer).rejects.toThrow("temporalEnsemble: executeSteps is 4, expected an integer from 1 to 3");
});

test("the score is the largest reward of the episode, not the last", async () => {
  const { policy } = scriptedPolicy(() => [4, -2, -2], 1);
  const [rollout] = await evaluatePolicy(policy, lineTask({ maxSteps: 5 }), { episodes: 1, firstSeed: 1, executeSteps: 3 });
  expect(rollout).toMatchObject({ seed: 1, score: 0.4, coverage: 0.4, success: false });
});

test("a solved episode stops, while others go on to the last step", async () => {
  const { policy } = scriptedPolicy(([seed = 0]) => (seed === 5 ? [2, 2, 2] : [1, 0, 0]), 1);
  const [solved, open] = await evaluatePolicy(policy, lineTask({ solvedAt: 4 }), { episodes: 2, firstSeed: 5, executeSteps: 3 });
  expect(solved && places(solved)).toEqual([0, 2, 4]);
  expect(open && places(open)).toEqual([0, 1, 1, 1, 2, 2, 2, 3]);
});

test("a collision stops an episode too, which keeps the largest reward before it", async () => {
  const { policy } = scriptedPolicy(([seed = 0]) => (seed === 5 ? [2, -4, 9] : [1, 0, 0]), 1);
  const [collided, open] = await evaluatePolicy(policy, lineTask({ wallAt: -2 }), { episodes: 2, firstSeed: 5, executeSteps: 3 });
  expect(collided && places(collided)).toEqual([0, 2, -2]);
  expect(collided).toMatchObject({ score: 0.2, success: false, collision: true, mode: 1, jerk: null });
  expect(open).toMatchObject({ success: false, collision: false, mode: 0 });
  expect(open?.jerk).toBeGreaterThan(0);
});

test("an episode whose simulation breaks down stops, failed, with the reason", async () => {
  const { policy } = scriptedPolicy(() => [1, 1, 1], 1);
  const even = lineTask({ maxSteps: 9 });
  const breaking: Task = { ...even, makeEnvironment: async () => brokenAt(await even.makeEnvironment(), 3) };
  const [rollout] = await evaluatePolicy(policy, breaking, { episodes: 1, firstSeed: 5, executeSteps: 3 });
  expect(rollout).toMatchObject({ success: false, failure: "unstable", score: 0.3 });
  expect(rollout && places(rollout)).toEqual([0, 1, 2, 3]);
});

/** The same line with a simulation that breaks down at a place. */
function brokenAt(line: Environment, place: number): Environment {
  const state = new Float64Array(2);
  return {
    ...line,
    step(action) {
      const result = line.step(action);
      line.readState(state);
      return (state[1] ?? NaN) < place ? result : { ...result, failure: "unstable" };
    },
  };
}

test("environments are closed, also when a rollout is stopped", async () => {
  const { policy } = scriptedPolicy(() => [1, 1, 1], 1);
  const even = lineTask();
  let open = 0;
  const counted: Task = {
    ...even,
    makeEnvironment: async () => {
      open += 1;
      return { ...(await even.makeEnvironment()), close: () => void (open -= 1) };
    },
  };
  await evaluatePolicy(policy, counted, { episodes: 60, executeSteps: 3 });
  expect(open).toBe(0);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(evaluatePolicy(policy, counted, { episodes: 3, executeSteps: 3, signal })).rejects.toThrow("enough");
  expect(open).toBe(0);
});

test("the stop at an obstacle is not counted as jerk", async () => {
  const { policy } = scriptedPolicy(() => [1, 1, 1], 1);
  const even = lineTask({ maxSteps: 9 });
  const walled: Task = { ...even, makeEnvironment: async () => stoppedAt(await even.makeEnvironment(), 5) };
  const [rollout] = await evaluatePolicy(policy, walled, { episodes: 1, firstSeed: 5, executeSteps: 3 });
  expect(rollout).toMatchObject({ collision: true, jerk: 0 });
  expect(rollout && places(rollout)).toEqual([0, 1, 2, 3, 4, 4]);
});

/** The same line with a wall right behind a place: who runs into it stays where they were. */
function stoppedAt(line: Environment, wall: number): Environment {
  const before = new Float64Array(2);
  return {
    ...line,
    step(action) {
      line.readState(before);
      const result = line.step(action);
      if ((before[1] ?? NaN) + (action[0] ?? NaN) < wall) return result;
      line.setState(before);
      return { ...result, collision: true };
    },
  };
}

test("more episodes than run side by side are run in turns, and all are reported", async () => {
  const { policy } = scriptedPolicy(([seed = 0]) => [seed / 1000, 0, 0], 1);
  const done: number[] = [];
  const rollouts = await evaluatePolicy(policy, lineTask(), { episodes: 120, firstSeed: 1, executeSteps: 3, onEpisode: (count) => done.push(count) });
  expect(rollouts.map(({ seed }) => seed)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
  expect(rollouts[119]?.score).toBeCloseTo((3 * 0.12) / 10, 6);
  expect(done.at(-1)).toBe(120);
  expect(done).toEqual([...done].sort((a, b) => a - b));
});

test("an aborted evaluation stops with the reason", async () => {
  const { policy } = scriptedPolicy(() => [1, 1, 1], 1);
  const options = { episodes: 1, executeSteps: 3, signal: AbortSignal.abort(new Error("enough")) };
  await expect(evaluatePolicy(policy, lineTask(), options)).rejects.toThrow("enough");
});

test("inference time is a median and a 99th percentile, in ms, of calls at batch 1", async () => {
  await using policy = load();
  const rollouts = await evaluatePolicy(policy, pushT, { episodes: 1, executeSteps: 4 });
  const { inferenceMsMedian, inferenceMsP99 } = await inferenceTime(policy, rollouts, pushT, 20);
  expect(inferenceMsMedian).toBeGreaterThan(0);
  expect(inferenceMsP99).toBeGreaterThanOrEqual(inferenceMsMedian);
});
