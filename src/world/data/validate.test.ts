import { describe, expect, it } from "vitest";
import type { Dataset } from "./dataset.ts";
import { assertTrainable, validateDataset } from "./validate.ts";

/** Two episodes of 3 and 4 frames; every value differs from every other. */
function healthy(): Dataset {
  const rows = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i + 1);
  const feature = (names: string[]) => ({ dtype: "float32", shape: [names.length], names }) as const;
  return {
    name: "arm",
    fps: 10,
    robotType: null,
    license: null,
    features: { "observation.state": feature(["elbow", "gripper"]), action: feature(["elbow"]) },
    episodes: [3, 4].map((length, index) => {
      return { index, length, task: "wave", columns: { "observation.state": rows(length * 2), action: rows(length) } };
    }),
    skippedFeatures: [],
  };
}

/** Overwrite one column of one episode. */
function withColumn(episode: number, column: string, values: readonly number[]): Dataset {
  const dataset = healthy();
  const episodes = dataset.episodes.map((each) =>
    each.index === episode ? { ...each, columns: { ...each.columns, [column]: Float32Array.from(values) } } : each,
  );
  return { ...dataset, episodes };
}

describe("validateDataset", () => {
  it("finds nothing wrong with a healthy dataset", () => {
    expect(validateDataset(healthy(), { horizon: 4 })).toEqual([]);
  });

  it("names column, episode, frame and dimension of the first bad value and counts the rest", () => {
    const dataset = withColumn(1, "observation.state", [1, 2, 3, NaN, 5, Infinity, 7, 8]);
    const [problem] = validateDataset(dataset);
    expect(problem?.severity).toBe("error");
    expect(problem?.message).toMatch(/observation.state: NaN in episode 1, frame 1, dimension "gripper" and 1 more/);
  });

  it("warns about a dimension that is constant over all episodes, by name and value", () => {
    const dataset = healthy();
    for (const { columns } of dataset.episodes) {
      const state = columns["observation.state"] ?? new Float32Array(0);
      for (let i = 1; i < state.length; i += 2) state[i] = 0.5;
    }
    expect(validateDataset(dataset)).toEqual([
      {
        severity: "warning",
        message: expect.stringMatching(/observation.state: constant in every frame: "gripper" = 0.5/),
      },
    ]);
  });

  it("names the longest episode when the horizon is longer than all", () => {
    const problems = validateDataset(healthy(), { horizon: 5 });
    expect(problems).toEqual([
      { severity: "error", message: expect.stringMatching(/horizon 5 .* the longest has 4 frames/) },
    ]);
  });

  it("warns about short episodes by number and length", () => {
    const problems = validateDataset(healthy(), { minLength: 4 });
    expect(problems).toEqual([
      { severity: "warning", message: expect.stringContaining("shorter than 4 frames: 0 (3)") },
    ]);
  });

  it("lists the columns there are when one is missing", () => {
    const [problem] = validateDataset(healthy(), { columns: ["observation.force"] });
    expect(problem?.message).toBe('column "observation.force" is missing; the dataset has observation.state, action');
  });

  it("reports a column that does not have a row per frame", () => {
    const [problem] = validateDataset(withColumn(0, "action", [1, 2]));
    expect(problem?.message).toBe("action: episode 0 has 2 values, expected 3 rows of 1");
  });

  it("puts errors before warnings", () => {
    const problems = validateDataset(healthy(), { minLength: 9, horizon: 9, columns: ["x"] });
    expect(problems.map(({ severity }) => severity)).toEqual(["error", "error", "warning"]);
  });
});

describe("assertTrainable", () => {
  it("throws one error with everything that is wrong", () => {
    expect(() => assertTrainable(healthy(), { horizon: 9, columns: ["x"] })).toThrow(
      /dataset "arm" cannot be trained on: column "x" .*; horizon 9/,
    );
    expect(() => assertTrainable({ ...healthy(), episodes: [] })).toThrow(/there are no episodes/);
  });

  it("returns the warnings when there are no errors", () => {
    expect(assertTrainable(healthy(), { minLength: 4 })).toHaveLength(1);
  });
});
