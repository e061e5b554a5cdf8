/** @file Laws of picking numbers out of columns. */

import { expect, test } from "vitest";
import { columnRows, selectedColumns } from "./column-rows.ts";
import type { Dataset } from "./dataset.ts";

const dataset: Dataset = {
  name: "two",
  fps: 10,
  robotType: null,
  license: null,
  features: {
    state: { dtype: "float32", shape: [3], names: ["x", "y", "angle"] },
    action: { dtype: "float32", shape: [2], names: null },
  },
  episodes: [
    { index: 0, length: 2, task: "", columns: { state: new Float32Array([1, 2, 3, 4, 5, 6]), action: new Float32Array([7, 8, 9, 10]) } },
    { index: 1, length: 1, task: "", columns: { state: new Float32Array([11, 12, 13]), action: new Float32Array([14, 15]) } },
  ],
  skippedFeatures: [],
};
const rowsOf = (...selection: string[]): number[][] => columnRows(dataset, selection).rows.map((row) => Array.from(row));

test("whole columns, numbers, ranges and names stand side by side in the order asked for", () => {
  expect(rowsOf("action")).toEqual([[7, 8, 9, 10], [14, 15]]);
  expect(rowsOf("action:1", "state:0-1")).toEqual([[8, 1, 2, 10, 4, 5], [15, 11, 12]]);
  expect(rowsOf("state:angle", "state:0")).toEqual([[3, 1, 6, 4], [13, 11]]);
  expect(columnRows(dataset, ["action:1", "state:0-1"]).size).toBe(3);
});

test("the columns of a selection are told once each", () => {
  expect(selectedColumns(["state:0-1", "action", "state:angle"])).toEqual(["state", "action"]);
});

test.each([
  ["state:3", 'dataset "two": "state:3" selects nothing; state has numbers 0 to 2, named x, y, angle'],
  ["state:2-1", 'dataset "two": "state:2-1" selects nothing'],
  ["state:z", 'dataset "two": "state:z" selects nothing'],
  ["action:x", 'dataset "two": "action:x" selects nothing; action has numbers 0 to 1'],
  ["camera", 'dataset "two": column "camera" is missing; it has state, action'],
])("a selection of %s is refused by name", (selection, message) => {
  expect(() => columnRows(dataset, [selection])).toThrow(message);
});

test("nothing selected is refused", () => {
  expect(() => columnRows(dataset, [])).toThrow('dataset "two": no columns are selected');
});
