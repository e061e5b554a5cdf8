/** @file Laws of what heads and denoisers accept of each other; what heads accept of their callers stands in the conformance suite. */

import { expect, test } from "vitest";
import { input, ShapeError } from "#engine/graph";
import { mapParameters, type ParameterTree } from "#engine/nn";
import type { Denoiser } from "./denoiser.ts";
import { diffusionHead } from "./diffusion.ts";
import { flowMatchingHead } from "./flow-matching.ts";
import { octoDenoiser } from "./octo.ts";
import { oneStepHead } from "./one-step.ts";
import { residualMlp } from "./residual-mlp.ts";

const chunk = { horizon: 4, actionSize: 2 };
const longer = { horizon: 8, actionSize: 2 };

test.each([
  ["flowMatchingHead", () => flowMatchingHead(residualMlp(longer, { condSize: 3 }), chunk)],
  ["diffusionHead", () => diffusionHead(residualMlp(longer, { condSize: 3, time: "diffusion" }), chunk)],
  ["oneStepHead", () => oneStepHead(residualMlp(longer, { condSize: 3, times: 2 }), chunk)],
])("%s refuses a denoiser of other chunks", (name, make) => {
  expect(make).toThrow(
    new RangeError(`${name}: the denoiser is for chunks of 8 steps of 2, expected 4 steps of 2 as the head; make both for one chunk`),
  );
});

const NETWORKS: readonly (readonly [string, Denoiser])[] = [
  // Nothing is asked of the parameters but to be there.
  ["residualMlp", residualMlp(chunk, { condSize: 3 }) as unknown as Denoiser],
  ["octoDenoiser", octoDenoiser(chunk, { condSize: 3 }) as unknown as Denoiser],
];

test.each(NETWORKS)("%s does not take a longer chunk for two", (name, network) => {
  const params = mapParameters(network.parameters as ParameterTree, ({ name: path, shape }) => input(path, "f32", shape));
  const condition = network.condition(params, [input("tau", "f32", [1])], input("cond", "f32", [1, 3]));
  expect(() => network.predict(params, input("x", "f32", [1, 8, 2]), condition)).toThrow(
    new ShapeError(`${name}: x is f32[1, 8, 2], expected [1, 4, 2]`),
  );
});
