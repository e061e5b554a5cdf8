/** @file Push-T's motion against closed forms. */

import { describe, expect, it } from "vitest";
import { pushT } from "./environment.ts";
import { GOAL, WALL_LOW } from "./geometry.ts";
import { observePushT } from "./observe.ts";

function corners(state: Float64Array): Float64Array {
  const observation = new Float64Array(18);
  observePushT(state, observation, 0);
  return observation.subarray(2);
}

describe("pushT away from the walls", () => {
  it("starts seed 0 where the recordings of the original start", () => {
    const environment = pushT();
    const state = new Float64Array(5);
    environment.reset(0);
    environment.readState(state);
    // The block was asked for at (217, 292); turning it about (217, 337) moved its origin.
    const angle = 3.0079994677219553;
    expect([...state.subarray(0, 2)]).toEqual([222, 97]);
    expect(state[2]).toBeCloseTo(217 + 45 * Math.sin(angle), 10);
    expect(state[3]).toBeCloseTo(337 - 45 * Math.cos(angle), 10);
    expect(state[4]).toBeCloseTo(angle, 12);
  });

  it("moves a free agent by the closed form of its discrete position control", () => {
    // With e the distance to the target: v' = 0.8 v - e, e' = 0.99 e + 0.008 v. From rest e_k = a·p^k + b·q^k.
    const root = Math.sqrt(1.79 * 1.79 - 4 * 0.8);
    const p = (1.79 + root) / 2;
    const q = (1.79 - root) / 2;
    const a = (0.99 - q) / (p - q);
    const environment = pushT();
    const state = new Float64Array(5);
    environment.setState([60, 60, 300, 300, 0]);
    for (const k of [10, 20, 30]) {
      environment.step([160, 20]);
      environment.readState(state);
      const left = a * p ** k + (1 - a) * q ** k;
      expect(state[0]).toBeCloseTo(160 - 100 * left, 9);
      expect(state[1]).toBeCloseTo(20 + 40 * left, 9);
      expect([...state.subarray(2)]).toEqual([300, 300, 0]);
    }
  });

  it("pushes through the centre of mass without turning, and stops with the agent", () => {
    const environment = pushT();
    const state = new Float64Array(5);
    // Upright T; the agent comes from above along its axis, 15 px radius above the bar's edge.
    environment.setState([250, 150, 250, 200, 0]);
    for (let t = 0; t < 40; t++) environment.step([250, 235]);
    environment.readState(state);
    expect(state[1]).toBeCloseTo(235, 3);
    expect(state[2]).toBeCloseTo(250, 9);
    expect(state[4]).toBeCloseTo(0, 9);
    // Overlap of up to 0.1 px is left alone.
    expect(state[3]).toBeGreaterThan(250 - 0.1 - 1e-3);
    expect(state[3]).toBeLessThan(250 + 0.5);
  });

  it("turns the block the way a push beside the centre of mass turns it", () => {
    const environment = pushT();
    const state = new Float64Array(5);
    environment.setState([290, 150, 250, 200, 0]);
    for (let t = 0; t < 15; t++) environment.step([290, 220]);
    environment.readState(state);
    // Down on the right end: clockwise on screen, which is positive with y pointing down.
    expect(state[4]).toBeGreaterThan(0.1);
    expect(state[4]).toBeLessThan(Math.PI);
  });
});

describe("pushT at the walls and at the goal", () => {
  it("undoes overlap with a wall at a tenth per 1/60 s, down to 0.1 px", () => {
    const environment = pushT();
    const state = new Float64Array(5);
    // The bar's outer edge lies along the left wall, 5 px inside it.
    const start = WALL_LOW - 5;
    environment.setState([400, 400, start, 250, -Math.PI / 2]);
    for (let t = 1; t <= 10; t++) {
      environment.step([400, 400]);
      environment.readState(state);
      const overlap = 0.1 + 4.9 * Math.pow(0.9, 60 * 0.01 * 10 * t);
      expect(WALL_LOW - (state[2] ?? NaN)).toBeCloseTo(overlap, 2);
    }
  });

  it("lays a tilted bar flat against the wall it is pushed to", () => {
    const environment = pushT();
    const state = new Float64Array(5);
    // The stem points right, tilted by 0.3 rad; the bar's lower end is 1 px from the left wall, its upper end 37 px.
    environment.setState([120, 210, 26, 250, -Math.PI / 2 + 0.3]);
    for (let t = 0; t < 60; t++) {
      // 30 px bar and 15 px radius leave the agent half a pixel of room.
      environment.step([WALL_LOW + 45.5, 205]);
      environment.readState(state);
      expect(Math.min(...corners(state))).toBeGreaterThan(WALL_LOW - 1);
    }
    expect(state[4]).toBeCloseTo((3 / 2) * Math.PI, 1);
    expect(state[2]).toBeLessThan(WALL_LOW + 1);
  });

  it("lets the agent pass the walls, as the original does", () => {
    const environment = pushT();
    const state = new Float64Array(5);
    environment.setState([30, 30, 300, 300, 0]);
    for (let t = 0; t < 30; t++) environment.step([0, 30]);
    environment.readState(state);
    expect(state[0]).toBeCloseTo(0, 6);
  });

  it("succeeds at the goal with full reward, and grades coverage up to 0.95", () => {
    const environment = pushT();
    environment.setState([50, 450, GOAL.x, GOAL.y, GOAL.angleRad]);
    const { reward, coverage, success } = environment.step([50, 450]);
    expect(coverage).toBeCloseTo(1, 12);
    expect(reward).toBe(1);
    expect(success).toBe(true);
    environment.setState([50, 450, GOAL.x + 10, GOAL.y, GOAL.angleRad]);
    const near = environment.step([50, 450]);
    expect(near.reward).toBeCloseTo(near.coverage / 0.95, 12);
    expect(near.success).toBe(false);
  });
});
