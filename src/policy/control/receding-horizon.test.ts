/** @file Laws of receding-horizon control. */

import { expect, test } from "vitest";
import { recedingHorizon } from "./receding-horizon.ts";

const sizes = { horizon: 4, executeSteps: 2, actionSize: 2 };
const chunk = [0, 1, 10, 11, 20, 21, 30, 31];

function take(control: ReturnType<typeof recedingHorizon>): number[] {
  const out = new Float64Array(2);
  control.next(out);
  return [...out];
}

test("the first E actions of a chunk are executed in order, then the next chunk is due", () => {
  const control = recedingHorizon(sizes);
  expect(control.isDue).toBe(true);
  control.refill(chunk);
  expect(control.isDue).toBe(false);
  expect(take(control)).toEqual([0, 1]);
  expect(control.isDue).toBe(false);
  expect(take(control)).toEqual([10, 11]);
  expect(control.isDue).toBe(true);
});

test("a chunk is copied: what its buffer holds later does not matter", () => {
  const control = recedingHorizon(sizes);
  const buffer = Float32Array.from(chunk);
  control.refill(buffer);
  buffer.fill(-1);
  expect(take(control)).toEqual([0, 1]);
});

test("a new chunk takes the place of what was left of the old one", () => {
  const control = recedingHorizon(sizes);
  control.refill(chunk);
  take(control);
  control.refill(chunk.map((value) => value + 100));
  expect(take(control)).toEqual([100, 101]);
  expect(take(control)).toEqual([110, 111]);
  expect(control.isDue).toBe(true);
});

test("after clear the next chunk is due, and nothing old is executed", () => {
  const control = recedingHorizon(sizes);
  control.refill(chunk);
  take(control);
  control.clear();
  expect(control.isDue).toBe(true);
  expect(() => take(control)).toThrow("the queue is empty; call refill first");
});

test("all of a chunk may be executed", () => {
  const control = recedingHorizon({ ...sizes, executeSteps: 4 });
  control.refill(chunk);
  expect(Array.from({ length: 4 }, () => take(control)).flat()).toEqual(chunk);
  expect(control.isDue).toBe(true);
});

test.each([0, 5, 1.5, -1, NaN])("%f executed steps of 4 are refused by name", (executeSteps) => {
  expect(() => recedingHorizon({ ...sizes, executeSteps })).toThrow(
    new RangeError(`recedingHorizon: executeSteps is ${executeSteps}, expected an integer from 1 to 4`),
  );
});

test.each([[[]], [chunk.slice(1)], [[...chunk, 0]]])("a chunk of another size is refused: %#", (wrong) => {
  const control = recedingHorizon(sizes);
  expect(() => control.refill(wrong)).toThrow(`recedingHorizon: the chunk holds ${wrong.length} values, expected 8`);
  expect(control.isDue).toBe(true);
});
