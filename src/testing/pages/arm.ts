/** @file Page: a task of the arm in the browser, its states after some actions. */

import { rng } from "#engine/array";
import { loadMuJoCo, makeEnvironment } from "#world/sim";

export interface ArmRequest {
  readonly tasks: readonly string[];
  readonly steps: number;
  /** Where MuJoCo's .wasm file is; null where it finds that itself. */
  readonly wasmUrl: string | null;
}

/** The state before the first action and after each, by task. */
export type ArmStates = Readonly<Record<string, readonly (readonly number[])[]>>;

export async function main({ tasks, steps, wasmUrl }: ArmRequest): Promise<ArmStates> {
  await loadMuJoCo(wasmUrl === null ? {} : { wasmUrl });
  const entries: [string, number[][]][] = [];
  for (const task of tasks) entries.push([task, await statesOf(task, steps)]);
  return Object.fromEntries(entries);
}

async function statesOf(task: string, steps: number): Promise<number[][]> {
  const environment = await makeEnvironment(task);
  const { actionLow, actionHigh, stateSize } = environment;
  environment.reset(0);
  const random = rng(0, "arm page");
  const state = new Float64Array(stateSize);
  const states: number[][] = [];
  for (let step = 0; step <= steps; step++) {
    environment.readState(state);
    states.push([...state]);
    environment.step(actionLow.map((low, i) => low + random.uniform() * ((actionHigh[i] ?? 0) - low)));
  }
  environment.close();
  return states;
}
