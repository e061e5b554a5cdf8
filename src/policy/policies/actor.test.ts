import { expect, test } from "vitest";
import { openSession } from "#engine/runtime/node";
import { chunkExecution } from "#policy/control";
import { chunkNoise, policyActor } from "./actor.ts";
import { initialPolicy, policyNetwork } from "./network.ts";
import { observationWindow } from "./observation-window.ts";
import { loadPolicy } from "./policy.ts";

const spec = { head: "flow-mlp", obsSteps: 2, obsSize: 3, horizon: 4, actionSize: 2, width: 8, blocks: 1, integrationSteps: 2, codec: null };
const network = policyNetwork(spec);
const unit = (width: number) => ({ kind: "limits" as const, scale: Array<number>(width).fill(1), offset: Array<number>(width).fill(0) });
const weights = { network, weights: initialPolicy(network, 1), normalizers: { observation: unit(3), action: unit(2) } };

test("the first observation stands in for the past, later ones push the oldest out", () => {
  const window = observationWindow({ obsSteps: 3, obsSize: 2 });
  window.push([1, 2]);
  expect([...window.values]).toEqual([1, 2, 1, 2, 1, 2]);
  window.push([3, 4]);
  window.push([5, 6]);
  expect([...window.values]).toEqual([1, 2, 3, 4, 5, 6]);
  window.clear();
  window.push([7, 8]);
  expect([...window.values]).toEqual([7, 8, 7, 8, 7, 8]);
});

test("an observation of the wrong width is refused", () => {
  expect(() => observationWindow({ obsSteps: 2, obsSize: 3 }).push([1])).toThrow(
    "observationWindow: the observation holds 1 values, expected 3",
  );
});

test("an actor executes the first steps of each chunk and asks again with the next noise", async () => {
  await using policy = loadPolicy(weights, openSession);
  const sampler = await policy.sampler(1);
  const chunkAt = async (chunk: number, observations: readonly number[]): Promise<number[]> => {
    sampler.observation.set(observations);
    chunkNoise(5, chunk, sampler.noise);
    await sampler.run();
    return [...sampler.chunk.subarray(0, 4)];
  };
  const expected = [...(await chunkAt(0, [1, 1, 1, 1, 1, 1])), ...(await chunkAt(1, [2, 2, 2, 3, 3, 3]))];

  const actor = await policyActor(policy, { executeSteps: 2 });
  actor.reset(5);
  const acted: number[] = [];
  for (const value of [1, 2, 3, 4]) acted.push(...(await actor.act([value, value, value])));
  expect(acted).toEqual(expected);
});

test("an actor averages chunks when it is told to ensemble them", async () => {
  await using policy = loadPolicy(weights, openSession);
  const choice = { executeSteps: 2, execution: "temporal-ensemble" } as const;
  const sampler = await policy.sampler(1);
  const control = chunkExecution({ ...spec, ...choice });
  const expected: number[] = [];
  for (const [chunk, observations] of [[1, 1, 1, 1, 1, 1], [2, 2, 2, 3, 3, 3]].entries()) {
    sampler.observation.set(observations);
    chunkNoise(5, chunk, sampler.noise);
    await sampler.run();
    control.refill(sampler.chunk);
    for (let tick = 0; tick < 2; tick++) {
      const out = new Float64Array(2);
      control.next(out);
      expected.push(...out);
    }
  }

  const actor = await policyActor(policy, choice);
  actor.reset(5);
  const acted: number[] = [];
  for (const value of [1, 2, 3, 4]) acted.push(...(await actor.act([value, value, value])));
  expect(acted).toEqual(expected);
});

test("a reset starts the same episode again", async () => {
  await using policy = loadPolicy(weights, openSession);
  const actor = await policyActor(policy, { executeSteps: 3 });
  const episode = async (): Promise<number[]> => {
    actor.reset(9);
    const acted: number[] = [];
    for (const value of [1, 2, 3, 4]) acted.push(...(await actor.act([value, 0, 0])));
    return acted;
  };
  expect(await episode()).toEqual(await episode());
});
