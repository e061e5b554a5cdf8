import { describe, expect, it } from "vitest";
import { batchIndices, epochOrder } from "./epochs.ts";

describe("epochOrder", () => {
  it("is a permutation, the same for the same seed and epoch, another for others", () => {
    const order = epochOrder(1, 0, 100);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(epochOrder(1, 0, 100)).toEqual(order);
    expect(epochOrder(1, 1, 100)).not.toEqual(order);
    expect(epochOrder(2, 0, 100)).not.toEqual(order);
  });

  it("refuses an empty dataset", () => {
    expect(() => epochOrder(0, 0, 0)).toThrow(/windows is 0/);
  });
});

describe("batchIndices", () => {
  it("walks through each epoch's order in turn, across their borders", () => {
    const steps = Array.from({ length: 6 }, (_, step) => [...batchIndices(7, step, 5, 12)]).flat();
    expect(steps.slice(0, 12)).toEqual([...epochOrder(7, 0, 12)]);
    expect(steps.slice(12, 24)).toEqual([...epochOrder(7, 1, 12)]);
    expect(steps.slice(24)).toEqual([...epochOrder(7, 2, 12)].slice(0, 6));
  });

  it.each([
    { seed: 3, windows: 10 },
    { seed: 4, windows: 10 },
    { seed: 4, windows: 11 },
    { seed: 3, windows: 11 },
    { seed: 3, windows: 10 },
  ])("depends on $seed and $windows and the step only, not on what was asked before", ({ seed, windows }) => {
    expect([...batchIndices(seed, 1, 4, windows)]).toEqual([...epochOrder(seed, 0, windows)].slice(4, 8));
  });

  it("goes around more than once when a batch is larger than an epoch", () => {
    const counts = [0, 0, 0];
    for (const window of batchIndices(0, 0, 9, 3)) counts[window] = (counts[window] ?? 0) + 1;
    expect(counts).toEqual([3, 3, 3]);
  });

  it("refuses a step or batch that is no count", () => {
    expect(() => batchIndices(0, -1, 4, 10)).toThrow(/step is -1/);
    expect(() => batchIndices(0, 0, 0, 10)).toThrow(/batch is 0/);
  });
});
