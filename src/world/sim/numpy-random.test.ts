/** @file NumPy's stream, number for number. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { numpyRandom } from "./numpy-random.ts";
import { requestedStart } from "./push-t/environment.ts";

const STARTS: Record<string, number[]> = JSON.parse(
  readFileSync(new URL("../../../fixtures/push-t/reset-states.json", import.meta.url), "utf8"),
);

describe("numpyRandom", () => {
  it("gives the Push-T starts that NumPy gives, bit for bit", () => {
    expect(Object.keys(STARTS)).toHaveLength(53);
    for (const [seed, start] of Object.entries(STARTS)) expect(requestedStart(Number(seed))).toEqual(start);
  });

  it("draws the uniform numbers of RandomState(0).random_sample", () => {
    const random = numpyRandom(0);
    expect([random.uniform(), random.uniform(), random.uniform()]).toEqual([
      0.5488135039273248, 0.7151893663724195, 0.6027633760716439,
    ]);
    expect(numpyRandom(42).uniform(-2, 2)).toBe(-2 + 4 * 0.3745401188473625);
  });

  it("draws normals in pairs, as RandomState(0).randn", () => {
    const random = numpyRandom(0);
    expect([random.randn(), random.randn(), random.randn()]).toEqual([
      1.764052345967664, 0.4001572083672233, 0.9787379841057392,
    ]);
  });

  it("draws the integers of RandomState(0).randint(0, 10)", () => {
    const random = numpyRandom(0);
    expect(Array.from({ length: 8 }, () => random.randint(0, 10))).toEqual([5, 0, 3, 3, 7, 9, 3, 5]);
  });

  it("draws nothing for a range of one integer", () => {
    const random = numpyRandom(0);
    expect(random.randint(7, 8)).toBe(7);
    expect(random.uniform()).toBe(0.5488135039273248);
  });

  it("refuses seeds and ranges that NumPy refuses", () => {
    expect(() => numpyRandom(-1)).toThrow("seed is -1");
    expect(() => numpyRandom(2 ** 32)).toThrow("expected an integer");
    expect(() => numpyRandom(0.5)).toThrow("0.5");
    expect(() => numpyRandom(0).randint(3, 3)).toThrow("[3, 3)");
  });
});
