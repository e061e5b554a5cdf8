/** @file Laws of real-time chunking: no tick is executed twice or left out, and how long a draw takes is learned from those before. */

import { describe, expect, it, test } from "vitest";
import { realTimeChunks, type RealTimeChunks } from "./real-time-chunks.ts";

const sizes = { horizon: 8, executeSteps: 3, actionSize: 1 };

function take(control: RealTimeChunks, ticks: number): number[] {
  const out = new Float64Array(1);
  return Array.from({ length: ticks }, () => (control.next(out), out[0] ?? NaN));
}

/** Steps k·10 + 0, 1, 2, …: the tens say which chunk it is. */
const chunk = (k: number): number[] => Array.from({ length: 8 }, (_, i) => 10 * k + i);

function started(options: Partial<Parameters<typeof realTimeChunks>[0]> = {}): RealTimeChunks {
  const control = realTimeChunks({ ...sizes, ...options });
  const draw = control.begin();
  expect(draw.goingOn).toBeUndefined();
  expect(draw.refill(chunk(1))).toBe(true);
  return control;
}

test("a chunk goes on while the next is drawn, which takes over at the step that is due then", () => {
  const control = started();
  expect(control.isDue).toBe(false);
  expect(take(control, 3)).toEqual([10, 11, 12]);
  expect(control.isDue).toBe(true);
  const draw = control.begin();
  expect([...(draw.goingOn?.rest ?? [])]).toEqual([13, 14, 15, 16, 17]);
  expect(control.isDue).toBe(false);
  expect(take(control, 2)).toEqual([13, 14]);
  draw.refill(chunk(2));
  // Its steps 0 and 1 were for the ticks that the old chunk has done.
  expect(control.ticksLeft).toBe(6);
  expect(take(control, 1)).toEqual([22]);
  // Three ticks after its draw began the next one is due.
  expect(control.isDue).toBe(true);
});

test("where a policy keeps what is told to stay, the seam is not felt, whatever draws take up to what is expected", () => {
  const control = started({ firstDelay: 2 });
  for (const [k, taken] of [2, 0, 1, 2, 2, 1].entries()) {
    while (!control.isDue) take(control, 1);
    const draw = control.begin();
    const { rest = [], delay = 0 } = draw.goingOn ?? {};
    expect(delay).toBe(2);
    const before = take(control, taken);
    draw.refill(chunk(k + 2).map((value, i) => (i < delay ? (rest[i] ?? NaN) : value)));
    expect([...before, ...take(control, delay - taken)]).toEqual(Array.from(rest.slice(0, delay)));
    // Behind it the new plan goes on.
    expect(take(control, 1)).toEqual([10 * (k + 2) + delay]);
  }
});

describe("how long a draw takes", () => {
  const draw = (control: RealTimeChunks, ticks: number): number | undefined => {
    const { goingOn, refill } = control.begin();
    take(control, ticks);
    refill(chunk(2));
    return goingOn?.delay;
  };

  it("is at first expected as long as leaves no gap, then as long as the longest of the newest", () => {
    const control = started({ window: 2 });
    expect([2, 1, 0, 0, 3].map((ticks) => draw(control, ticks))).toEqual([3, 2, 2, 1, 0]);
  });

  it("is never expected to take more steps than there are", () => {
    const control = started({ firstDelay: 7 });
    take(control, 6);
    expect(control.begin().goingOn).toEqual({ rest: Float64Array.of(16, 17), delay: 2 });
  });

  it("is not learned from the first draw of an episode, when the robot waits", () => {
    const control = started({ firstDelay: 1 });
    draw(control, 2);
    control.clear();
    expect(control.ticksLeft).toBe(0);
    expect(draw(control, 0)).toBeUndefined();
    expect(draw(control, 0)).toBe(2);
  });
});

test("a draw that takes too long leaves nothing to execute, and the next chunk goes on where the robot stopped", () => {
  const control = started();
  take(control, 3);
  const draw = control.begin();
  take(control, 5);
  expect(control.ticksLeft).toBe(0);
  expect(() => take(control, 1)).toThrow("realTimeChunks: the chunk is used up and the next is not there; wait while ticksLeft is 0");
  draw.refill(chunk(2));
  expect(take(control, 1)).toEqual([25]);
});

test("a chunk whose draw was cleared or failed is not executed", () => {
  const control = started();
  take(control, 3);
  const late = control.begin();
  control.clear();
  const fresh = control.begin();
  expect(late.refill(chunk(2))).toBe(false);
  late.cancel();
  expect(control.ticksLeft).toBe(0);
  expect(fresh.refill(chunk(3))).toBe(true);
  expect(take(control, 3)).toEqual([30, 31, 32]);
  const failed = control.begin();
  failed.cancel();
  expect(control.isDue).toBe(true);
  expect(failed.refill(chunk(4))).toBe(false);
  expect(control.begin().goingOn?.rest).toHaveLength(5);
});

test("calls out of turn and sizes that cannot be are refused", () => {
  const control = started();
  const draw = control.begin();
  expect(() => control.begin()).toThrow("realTimeChunks: a draw is under way; give it its chunk, cancel it, or clear, first");
  expect(() => draw.refill([1, 2])).toThrow("realTimeChunks: the chunk holds 2 values, expected 8");
  expect(() => realTimeChunks({ ...sizes, executeSteps: 8 })).toThrow("executeSteps is 8, expected fewer than the chunk's 8");
  expect(() => realTimeChunks({ ...sizes, executeSteps: 0 })).toThrow("executeSteps is 0, expected an integer from 1 to 8");
  expect(() => realTimeChunks({ ...sizes, firstDelay: 0.5 })).toThrow("firstDelay is 0.5, expected a whole number of ticks");
  expect(() => realTimeChunks({ ...sizes, window: 0 })).toThrow("window is 0, expected a whole number of at least 1");
});
