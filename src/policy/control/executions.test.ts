/** @file Laws of every way of executing chunks. */

import { describe, expect, test } from "vitest";
import { chunkExecution, EXECUTION_NAMES, type ChunkExecution, type ExecutionName } from "./index.ts";

const sizes = { horizon: 4, actionSize: 2 };

/** The actions of the ticks, and at which of them a chunk was due. */
function run(control: ChunkExecution, ticks: number, chunkAt: (tick: number) => readonly number[]): { actions: number[][]; due: number[] } {
  const out = new Float64Array(sizes.actionSize);
  const due: number[] = [];
  const actions = Array.from({ length: ticks }, (_, tick) => {
    if (control.isDue) {
      due.push(tick);
      control.refill(chunkAt(tick));
    }
    control.next(out);
    return [...out];
  });
  return { actions, due };
}

/** A plan that every chunk agrees on: the action of tick t is [t + 1, -t]. */
const agreed = (tick: number): number[] => [0, 1, 2, 3].flatMap((step) => [tick + step + 1, -(tick + step)]);
/** Chunks that contradict each other. */
const torn = (tick: number): number[] => agreed(tick).map((value) => (tick % 4 === 0 ? value : -3 * value));

describe.each(EXECUTION_NAMES)("%s", (execution) => {
  test.each([1, 2, 4])("asks for a chunk every %i ticks, and executes what all chunks agree on", (executeSteps) => {
    const { actions, due } = run(chunkExecution({ ...sizes, execution, executeSteps }), 8, agreed);
    expect(due).toEqual([0, 1, 2, 3, 4, 5, 6, 7].filter((tick) => tick % executeSteps === 0));
    actions.forEach(([x = NaN, y = NaN], tick) => {
      expect(x).toBeCloseTo(tick + 1, 12);
      expect(y).toBeCloseTo(-tick, 12);
    });
  });

  test("begins again after clear", () => {
    const control = chunkExecution({ ...sizes, execution, executeSteps: 2 });
    const first = run(control, 5, torn);
    control.clear();
    expect(run(control, 5, torn)).toEqual(first);
  });

  test.each([0, 5, 1.5])("refuses %f ticks between chunks of 4", (executeSteps) => {
    expect(() => chunkExecution({ ...sizes, execution, executeSteps })).toThrow(`executeSteps is ${executeSteps}, expected an integer from 1 to 4`);
  });
});

test("they differ where chunks contradict each other, and a receding horizon is what is meant without a name", () => {
  const outcome = (execution?: ExecutionName): string =>
    JSON.stringify(run(chunkExecution({ ...sizes, executeSteps: 2, ...(execution === undefined ? {} : { execution }) }), 8, torn).actions);
  expect(new Set(EXECUTION_NAMES.map(outcome)).size).toBe(EXECUTION_NAMES.length);
  expect(outcome()).toBe(outcome("receding-horizon"));
});
