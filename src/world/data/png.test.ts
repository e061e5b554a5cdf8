import { expect, test } from "vitest";
import { depthToMillimeters } from "./png.ts";
import { validateDataset } from "./validate.ts";

test("depth is kept in whole millimetres, to the nearest, at most 65.535 m; 0 stays 0", () => {
  const out = new Uint16Array(7);
  depthToMillimeters(Float32Array.of(0, 0.0014, 0.0016, 1.25, 65.535, 90), out, 1);
  expect([...out]).toEqual([0, 0, 1, 2, 1250, 65_535, 65_535]);
});

test("depth that is negative, not finite or does not fit is refused", () => {
  const out = new Uint16Array(1);
  expect(() => depthToMillimeters(Float32Array.of(-0.1), out)).toThrow(/value 0 is -0.1\d*, expected m, finite and at least 0/);
  expect(() => depthToMillimeters(Float32Array.of(Infinity), out)).toThrow(/value 0 is Infinity/);
  expect(() => depthToMillimeters(Float32Array.of(1, 2), out)).toThrow(/2 values from 0 on do not fit into 1/);
});

test("validation names the episode whose images are too few", () => {
  const columns = { "observation.state": Float32Array.of(0, 1), action: Float32Array.of(0, 1) };
  const feature = { dtype: "float32", shape: [1], names: null } as const;
  const episode = { index: 3, length: 2, task: "", columns };
  const dataset = {
    name: "d", fps: 1, robotType: null, license: null, skippedFeatures: [],
    features: { "observation.state": feature, action: feature }, imageFeatures: { front: { dtype: "image", shape: [2, 2, 3] } },
  } as const;
  const problems = (length: number) => validateDataset({ ...dataset, episodes: [{ ...episode, images: { front: new Uint8Array(length) } }] });
  expect(problems(24)).toEqual([]);
  expect(problems(12)).toEqual([{ severity: "error", message: "front: episode 3 has 12 values, expected 2 images of 2 × 2 × 3" }]);
});
