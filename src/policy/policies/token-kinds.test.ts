/** @file Laws of the heads of tokens as a policy makes them: which tokenizer goes with which actions, and that it comes along. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { normals } from "#testing";
import { headKind } from "./head-kinds.ts";
import { TEMPERATURE } from "./token-kinds.ts";

const episodes = (actionSize: number): Float32Array[] =>
  [1, 2].map((seed) => Float32Array.from(normals(30 * actionSize, seed), (value) => Math.tanh(value)));
const chunkOf = (actionSize: number) => ({ horizon: 4, actionSize });
const fit = (head: string, actionSize: number) => headKind(head).fitCodec?.(episodes(actionSize), chunkOf(actionSize));
const specOf = (head: string, actionSize: number) => ({
  head, obsSteps: 1, obsSize: 5, horizon: 4, actionSize, width: 8, blocks: 1, integrationSteps: 1, codec: null,
});

test.each([
  ["rt1", 3, "rt1"],
  ["openvla-bins", 7, "openvla"],
  ["octo-bins", 2, "octo"],
  ["spatial-bins", 2, "planar"],
  ["spatialvla", 7, "spatialvla"],
  ["openvla", 7, "openvla"],
  ["rt2", 8, "rt2"],
  ["rt2", 7, "rt1"],
  ["fast", 7, "fast"],
])("%s on %i-D actions has the tokenizer %s, and a head is made of it", (head, actionSize, scheme) => {
  const codec = fit(head, actionSize) ?? null;
  expect(codec?.scheme).toBe(scheme);
  const saved = JSON.parse(JSON.stringify(codec));
  const made = headKind(head).make({ spec: { ...specOf(head, actionSize), codec: saved }, chunk: chunkOf(actionSize), condSize: 5 });
  expect(Object.keys(made.hostInputs)).toEqual(["tokens"]);
});

test.each(["spatialvla", "spatial-bins"])("%s is refused for actions that no spatial grid is made for", (head) => {
  expect(() => fit(head, 4)).toThrow(new RangeError("a spatial grid is for actions of 7 or 2 dimensions, got 4; choose another head"));
});

test.each(["rt1", "spatialvla", "fast"])("%s is not made without the tokenizer of its policy", (head) => {
  expect(() => headKind(head).make({ spec: specOf(head, 2), chunk: chunkOf(2), condSize: 5 })).toThrow(
    `policyNetwork: head "${head}" got no tokenizer, expected the one fitted to its actions`,
  );
});

test("a tokenizer of another kind is refused", () => {
  const make = (head: string, codec: ReturnType<typeof fit>) => () =>
    headKind(head).make({ spec: { ...specOf(head, 2), codec: codec ?? null }, chunk: chunkOf(2), condSize: 5 });
  expect(make("fast", fit("rt1", 2))).toThrow('policyNetwork: head "fast" got a tokenizer of scheme "rt1", expected "fast"');
  expect(make("rt1", fit("fast", 2))).toThrow('got scheme "fast", expected one of');
});

test.each([
  ["docs/heads/autoregressive.md", 2],
  ["docs/heads/fast.md", 1],
  ["docs/heads/token-classification.md", 1],
  ["README.md", 1],
])("%s says at which temperature tokens are drawn", (page, times) => {
  const text = readFileSync(page, "utf8");
  const said = [...text.matchAll(/temperature (?:of )?(\d\.\d+)|(\d\.\d+) under `--head`/g)].map(([, drawn, option]) => Number(drawn ?? option));
  expect(said).toEqual(Array<number>(times).fill(TEMPERATURE));
});
