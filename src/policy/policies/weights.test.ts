/** @file Laws of picking a network's weights out of a checkpoint, and of naming its head. */

import { expect, test } from "vitest";
import { tensorFrom, type HostTensor } from "#engine/array";
import { tinyPolicy } from "#testing";
import { HEAD_NAMES } from "./head-kinds.ts";
import { initialPolicy, policyNetwork, policyParameters } from "./network.ts";
import { matchWeights } from "./weights.ts";

const { network } = tinyPolicy();
const prefixed = (prefix: string): Record<string, HostTensor> =>
  Object.fromEntries(Object.entries(initialPolicy(network, 0)).map(([name, value]) => [prefix + name, value]));

test("the tensors behind the prefix are the weights, by path; others are left alone", () => {
  const ema = prefixed("ema/");
  const picked = matchWeights(network, { ...ema, ...prefixed("params/") }, "ema/", "it");
  expect(Object.keys(picked)).toEqual(policyParameters(network).map(({ name }) => name));
  expect(picked["head.stem.bias"]).toBe(ema["ema/head.stem.bias"]);
});

test("every key that is missing, left over, of another shape or dtype is named in one line", () => {
  const { "ema/head.stem.bias": _, ...tensors } = prefixed("ema/");
  const wrong = {
    ...tensors,
    "ema/head.extra": tensorFrom("f32", [1], [0]),
    "ema/head.time1.bias": tensorFrom("f32", [3], [0, 0, 0]),
    "ema/head.time2.bias": tensorFrom("f64", [8], Array<number>(8).fill(0)),
  };
  expect(() => matchWeights(network, wrong, "ema/", "a.safetensors")).toThrow(
    "a.safetensors: the weights are of another network: ema/head.extra is not in the network; " +
      "ema/head.stem.bias is missing; ema/head.time1.bias is f32[3], expected f32[8]; ema/head.time2.bias is f64[8], expected f32[8]",
  );
});

test("an unknown head is refused with the ones there are", () => {
  expect(() => policyNetwork({ ...network.spec, head: "flwo" })).toThrow(
    new RangeError(`policyNetwork: there is no head "flwo"; heads are ${HEAD_NAMES.join(", ")}`),
  );
});

test("the same seed gives the same initial weights, another seed others", () => {
  expect(initialPolicy(network, 3)).toEqual(initialPolicy(network, 3));
  expect(initialPolicy(network, 3)).not.toEqual(initialPolicy(network, 4));
});
