/** @file Laws of what a policy is told: what is to be done, nothing, or that of another goal; in training, now and then nothing. */

import { afterEach, describe, expect, it, test } from "vitest";
import { TEXT, textIds, wordIds } from "#policy/encoders";
import { policyNetwork, type PolicySpec } from "#policy/policies";
import { tinyTrunkConfig, tinyTrunkRows } from "#testing";
import { fitNormalizers, trainingBatches } from "./batches.ts";
import { resolveConfig } from "./config.ts";
import { localLanes, TOLD, type Lanes, type Told } from "./lanes.ts";
import { policySpecOf, stateView } from "./perception.ts";
import { TASK_NAMES, taskOf } from "./tasks.ts";

const open: Lanes[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((lanes) => lanes.close()))));

function specOf(task: string): PolicySpec {
  const config = resolveConfig("smoke", { task, head: "pi0", cameras: ["front"], imageSize: 40, cropSize: 40, width: 32, readInstruction: true });
  return policySpecOf(config, { obsSize: stateView(taskOf(task), config).size, actionSize: taskOf(task).actionSize, codec: null });
}

/** What the first seeds of a task are told, as words' ids. */
async function readOf(task: string, told: Told, seeds: readonly number[]): Promise<string[]> {
  const spec = specOf(task);
  const lanes = await localLanes(taskOf(task), spec, told);
  open.push(lanes);
  const { observations } = await lanes.start(seeds);
  const { shape, data } = observations[TEXT] ?? { shape: [], data: [] };
  return seeds.map((_, row) => String(data.slice(row * (shape[1] ?? 0), (row + 1) * (shape[1] ?? 0))));
}

const idsOf = (text: string): string => wordIds([text], 20).data.join();

describe("an episode of", () => {
  const seeds = [0, 1, 2, 3, 4, 5];

  it("sort is told where both cubes go, nothing, or the other bins", async () => {
    const [goal, nothing, another] = await Promise.all(TOLD.map((told) => readOf("sort", told, seeds)));
    const [straight, swapped] = [["left", "right"], ["right", "left"]].map(([red, blue]) => idsOf(`put the red cube into the ${red} bin and the blue cube into the ${blue} bin`));
    expect(new Set(goal)).toEqual(new Set([straight, swapped]));
    expect(another).toEqual(goal?.map((ids) => (ids === straight ? swapped : straight)));
    expect(new Set(nothing)).toEqual(new Set([idsOf("")]));
  });

  it("stack is told of the same two cubes, the other way round", async () => {
    const [goal = [], another = []] = await Promise.all((["goal", "another"] as const).map((told) => readOf("stack", told, seeds)));
    goal.forEach((ids, i) => {
      const words = another[i]?.split(",") ?? [];
      // put the UPPER cube on the LOWER cube
      [words[2], words[6]] = [words[6] ?? "", words[2] ?? ""];
      expect(words.join()).toBe(ids);
      expect(another[i]).not.toBe(ids);
    });
  });

  it("lift has no other goal", async () => {
    await expect(readOf("lift", "another", [0])).rejects.toThrow('lift: there is no other goal to tell of, as sort and stack have: its instruction is always "pick up the red cube"');
  });
});

test("every task's instructions fit into what policies read, and no two of their words are one", async () => {
  const texts = new Set<string>();
  for (const name of TASK_NAMES) {
    const environment = await taskOf(name).makeEnvironment();
    for (let seed = 0; seed < 20; seed++) {
      environment.reset(seed);
      texts.add(environment.instruction);
    }
    environment.close();
  }
  const words = new Set([...texts].flatMap((text) => text.toLowerCase().match(/[a-z]+/g) ?? []));
  expect(words.size).toBeGreaterThan(20);
  expect(new Set(wordIds([...words], 1).data).size).toBe(words.size);
  for (const text of texts) expect([text, wordIds([text], 20).shape, textIds([text], 96).shape]).toEqual([text, [1, 20], [1, 96]]);
});

test("training withholds the instruction from the share of windows that is asked for, and none else", () => {
  const rows = tinyTrunkRows();
  const batch = 400;
  const network = policyNetwork(policySpecOf(tinyTrunkConfig("pi0"), { ...rows, codec: null }));
  const emptyOf = (dropout: number | undefined, step: number): number[] => {
    const { feeds, fill } = trainingBatches(network, rows, fitNormalizers(rows, "limits"), { seed: 3, batch, instructionDropout: dropout });
    fill(step);
    const { shape: [, words = 1] = [], data = [] } = feeds[TEXT] ?? {};
    return Array.from({ length: batch }, (_, row) => row).filter((row) => /^[0,]+$/.test(String(data.slice(row * words, (row + 1) * words))));
  };
  expect(emptyOf(undefined, 1)).toEqual([]);
  const [first, again, next] = [emptyOf(0.25, 1), emptyOf(0.25, 1), emptyOf(0.25, 2)];
  // Four deviations of a binomial.
  expect(Math.abs(first.length / batch - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / batch));
  expect(again).toEqual(first);
  expect(next).not.toEqual(first);
});
