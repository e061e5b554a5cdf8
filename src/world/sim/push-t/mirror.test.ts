/** @file The mirror image of an episode is an episode. */

import { describe, expect, it } from "vitest";
import { rng } from "#engine/array";
import { coverageMeter } from "./coverage.ts";
import { pushT } from "./environment.ts";
import { GOAL } from "./geometry.ts";
import { mirrorPushTAction, mirrorPushTState } from "./mirror.ts";
import { observePushT } from "./observe.ts";

function mirrored(state: ArrayLike<number>): Float64Array {
  const out = new Float64Array(5);
  mirrorPushTState(state, out);
  return out;
}

/** Corners as sorted "x y" words, so that two sets can be compared. */
function cornerSet(state: ArrayLike<number>, mirror: boolean): string[] {
  const observation = new Float64Array(18);
  observePushT(state, observation, 0);
  const words: string[] = [];
  for (let i = 2; i < 18; i += 2) {
    if (mirror) mirrorPushTAction(observation.subarray(i, i + 2), observation, i);
    words.push(`${observation[i]?.toFixed(6)} ${observation[i + 1]?.toFixed(6)}`);
  }
  return words.sort();
}

describe("mirrorPushTState", () => {
  it("leaves the goal where it is", () => {
    const state = [256, 256, GOAL.x, GOAL.y, GOAL.angleRad];
    const image = mirrored(state);
    for (let i = 0; i < 5; i++) expect(image[i]).toBeCloseTo(state[i] ?? NaN, 12);
  });

  it("is its own inverse", () => {
    const state = [17, 400, 120, 333, 5.5];
    const twice = mirrored(mirrored(state));
    for (let i = 0; i < 5; i++) expect(twice[i]).toBeCloseTo(state[i] ?? NaN, 12);
  });

  it("takes the set of corners to the set of mirrored corners", () => {
    const state = [17, 400, 120, 333, 5.5];
    expect(cornerSet(mirrored(state), false)).toEqual(cornerSet(state, true));
  });

  it("keeps coverage", () => {
    const coverage = coverageMeter(GOAL);
    const image = mirrored([0, 0, 270, 240, 1.1]);
    const pose = { x: image[2] ?? NaN, y: image[3] ?? NaN, angleRad: image[4] ?? NaN };
    const before = coverage({ x: 270, y: 240, angleRad: 1.1 });
    expect(before).toBeGreaterThan(0.3);
    expect(coverage(pose)).toBeCloseTo(before, 12);
  });

  it("commutes with simulation away from the walls", () => {
    const random = rng(0, "mirror");
    const left = pushT();
    const right = pushT();
    const start = [256, 150, 250, 230, 0.4];
    const state = new Float64Array(5);
    const image = new Float64Array(5);
    const action = new Float64Array(2);
    const imageAction = new Float64Array(2);
    left.setState(start);
    right.setState(mirrored(start));
    let moved = 0;
    for (let t = 0; t < 40; t++) {
      action[0] = 206 + 100 * random.uniform();
      action[1] = 190 + 80 * random.uniform();
      mirrorPushTAction(action, imageAction);
      left.step(action);
      right.step(imageAction);
      left.readState(state);
      right.readState(image);
      const expected = mirrored(state);
      for (let i = 0; i < 5; i++) expect(image[i]).toBeCloseTo(expected[i] ?? NaN, 6);
      moved = Math.hypot((state[2] ?? 0) - 250, (state[3] ?? 0) - 230);
    }
    expect(moved).toBeGreaterThan(10);
  });

  it("refuses anything but five numbers", () => {
    expect(() => mirrorPushTState([1, 2], new Float64Array(5))).toThrow("got 2 and 5");
  });
});
