/** @file Laws of generalized advantage estimation. */

import { expect, test } from "vitest";
import { goldenVectors, normals, relativeError } from "#testing";
import { generalizedAdvantages, type Rollouts } from "./gae.ts";

const one = (rewards: number[], values: number[], nextValues: number[], flags: Partial<Rollouts> = {}): Rollouts => ({
  rewards: Float64Array.from(rewards),
  values: Float64Array.from(values),
  nextValues: Float64Array.from(nextValues),
  isTerminal: new Uint8Array(rewards.length),
  environments: 1,
  ...flags,
});

test("advantages and returns equal CleanRL's, whose flags mark the step after an end", () => {
  const golden = goldenVectors("loss_vectors/losses_rl");
  const environments = golden("gae.next_value").length;
  // Shifted by one step: what CleanRL says of the observation after step t.
  const after = (name: string, last: string): number[] => [...golden(`gae.${name}`).slice(environments), ...golden(`gae.${last}`)];
  const { advantages, returns } = generalizedAdvantages({
    rewards: Float64Array.from(golden("gae.rewards")),
    values: Float64Array.from(golden("gae.values")),
    nextValues: Float64Array.from(after("values", "next_value")),
    isTerminal: Uint8Array.from(after("dones", "next_done")),
    environments,
  });
  expect(relativeError([...advantages], golden("gae.advantages"))).toBeLessThan(1e-10);
  expect(relativeError([...returns], golden("gae.returns"))).toBeLessThan(1e-10);
});

test("at λ = 1 the return is the discounted sum of rewards and of the value at the end", () => {
  const { returns } = generalizedAdvantages(one([1, 2, 3], [10, 20, 30], [20, 30, 40]), { discount: 0.5, lambda: 1 });
  expect([...returns]).toEqual([1 + 0.5 * (2 + 0.5 * (3 + 0.5 * 40)), 2 + 0.5 * (3 + 0.5 * 40), 3 + 0.5 * 40]);
});

test("at λ = 0 the advantage is the surprise of one step", () => {
  const { advantages } = generalizedAdvantages(one([1, 2], [10, 20], [20, 40]), { discount: 0.5, lambda: 0 });
  expect([...advantages]).toEqual([1 + 10 - 10, 2 + 20 - 20]);
});

test("a terminal step has nothing to come; a truncated one has its next value; neither sees the next episode", () => {
  const step = (flags: Partial<Rollouts>): number => {
    const rollouts = one([1, 100], [0, 0], [8, 0], flags);
    return generalizedAdvantages(rollouts, { discount: 0.5, lambda: 1 }).advantages[0] ?? NaN;
  };
  const ended = Uint8Array.of(1, 0);
  expect(step({ isTerminal: ended })).toBe(1);
  expect(step({ isTruncated: ended })).toBe(1 + 0.5 * 8);
  expect(step({})).toBe(1 + 0.5 * 8 + 0.5 * 100);
});

test("environments do not see each other", () => {
  const [T, N] = [5, 3];
  const all = {
    rewards: Float64Array.from(normals(T * N, 1)),
    values: Float64Array.from(normals(T * N, 2)),
    nextValues: Float64Array.from(normals(T * N, 3)),
    isTerminal: Uint8Array.from({ length: T * N }, (_, i) => Number(i % 4 === 0)),
    environments: N,
  };
  const { advantages } = generalizedAdvantages(all);
  const ofSecond = <V extends Float64Array | Uint8Array>(values: V): V => values.filter((_, i) => i % N === 1) as V; // same kind
  const alone = generalizedAdvantages({
    rewards: ofSecond(all.rewards),
    values: ofSecond(all.values),
    nextValues: ofSecond(all.nextValues),
    isTerminal: ofSecond(all.isTerminal),
    environments: 1,
  });
  expect(ofSecond(advantages)).toEqual(alone.advantages);
});

test.each([
  [() => generalizedAdvantages(one([1, 2], [1], [1, 2])), "generalizedAdvantages: 1 values, expected 2 as rewards"],
  [() => generalizedAdvantages(one([1, 2], [1, 2], [1, 2], { isTruncated: new Uint8Array(1) })), "1 isTruncated, expected 2"],
  [() => generalizedAdvantages(one([1, 2], [1, 2], [1, 2], { environments: 3 })), "2 rewards of 3 environments, expected T·N"],
  [() => generalizedAdvantages(one([1], [1], [1]), { discount: 1.1 }), "discount is 1.1, expected a number in [0, 1]"],
  [() => generalizedAdvantages(one([1], [1], [1]), { lambda: NaN }), "lambda is NaN, expected a number in [0, 1]"],
])("rollouts that do not fit are refused: %#", (run, message) => {
  expect(run).toThrow(RangeError);
  expect(run).toThrow(message);
});
