/** @file Laws of what is done before it goes wrong. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { rotation6dFromQuat } from "#world/kinematics";
import { armEnvironment } from "./environment.ts";
import { DOWN } from "./servo.ts";
import { armTask } from "./tasks/index.ts";
import { upset } from "./upset.ts";

/** What the gripper was told in an upset of whoever closes it for ticks 3 to 5 and then opens it, and whether it came to that. */
async function grippersOf(isForGoal: boolean, seed: number): Promise<{ readonly told: readonly number[]; readonly wouldOpen: boolean }> {
  const environment = await armEnvironment(armTask("sort"));
  environment.reset(seed);
  const told: number[] = [];
  let asked = 0;
  const action = Float64Array.of(0.4, 0, 0.2, ...rotation6dFromQuat(DOWN), 0);
  const act = (): Float64Array => {
    action[9] = asked >= 3 && asked < 6 ? 1 : -1;
    asked += 1;
    return action;
  };
  const stage = {
    ...environment,
    step: (given: ArrayLike<number>) => {
      told.push(given[9] ?? NaN);
      return environment.step(given);
    },
  };
  expect(upset(stage, { act, isForGoal }, rng(seed, "upset"))).toBeNull();
  environment.close();
  return { told, wouldOpen: asked > 6 };
}

test("what was taken for another goal is not let go of; for the goal itself it is", async () => {
  const seeds = Array.from({ length: 8 }, (_, seed) => seed);
  const another = await Promise.all(seeds.map((seed) => grippersOf(false, seed)));
  const own = await Promise.all(seeds.map((seed) => grippersOf(true, seed)));
  const [keeping, releasing] = [another, own].map((upsets) => upsets.filter(({ wouldOpen }) => wouldOpen));
  expect(keeping?.length).toBeGreaterThan(4);
  expect(keeping?.map(({ told }) => told.slice(3).every((gripper) => gripper === 1))).toEqual(keeping?.map(() => true));
  expect(releasing?.map(({ told }) => told[6])).toEqual(keeping?.map(() => -1));
});
