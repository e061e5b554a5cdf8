/** @file What an export says of itself: enough to act with its graphs elsewhere, or it is refused. */

import { expect, test } from "vitest";
import { exportSchema, type Pi0Export } from "./exported.ts";

const unit = (size: number) => ({ kind: "gaussian" as const, scale: Array<number>(size).fill(1), offset: Array<number>(size).fill(0) });
const SAID: Pi0Export = {
  version: 3, variant: "pi05", format: "int4", cameras: ["base"], promptTokens: 200, origin: "lerobot", tellsState: true, horizon: 50, actionSize: 32, stateSize: 32,
  relative: [true, true, false], guidance: { maxGuidance: 10, jacobian: "identity" }, normalizers: { state: unit(2), action: unit(3) },
};
const problemsOf = (value: unknown): (string | undefined)[] => exportSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

test("an export is read as it was written", () => {
  expect(exportSchema.parse(JSON.parse(JSON.stringify(SAID)))).toEqual(SAID);
});

test("an older one is refused in one sentence, as it does not say which actions are offsets", () => {
  const { version, relative, tellsState, stateSize, actionSize, guidance, ...older } = SAID;
  expect([version, relative.length, tellsState, stateSize, actionSize, guidance.maxGuidance]).toEqual([3, 3, true, 32, 32, 10]);
  expect(problemsOf(older)).toEqual(["version: tendon-pi0.json is of version 1, expected 3, which says what actions mean, and guides no padding; write it again with tendon checkpoint export"]);
  expect(problemsOf({ ...SAID, version: 4 })).toEqual([expect.stringContaining("tendon-pi0.json is of version 4, expected 3")]);
});

test("a mask that does not go with the robot is refused", () => {
  expect(problemsOf({ ...SAID, relative: [true] })).toEqual(["relative: expected a boolean for every dimension that normalizers.action has"]);
  expect(problemsOf({ ...SAID, relative: [true, true, true] })).toEqual(["relative: an action is an offset from a number that the state does not have"]);
  expect(problemsOf({ ...SAID, relative: undefined })).toHaveLength(1);
});
