/** @file Laws of the training graph. */

import { expect, test } from "vitest";
import { emit, reachable, verify } from "#engine/graph";
import { policyParameters } from "#policy/policies";
import { tinyPolicy } from "#testing";
import { trainingProgram } from "./model.ts";

const { network } = tinyPolicy();
const paths = policyParameters(network).map(({ name }) => name);

test("inputs are the parameters, the batch and the host inputs; outputs the loss and every gradient", () => {
  const { inputs, outputs } = trainingProgram(network, 8);
  expect(Object.keys(inputs)).toEqual([...paths.map((path) => `p/${path}`), "observation", "actions", "isPad", "host/noise", "host/tau"]);
  expect(Object.keys(outputs)).toEqual(["loss", ...paths.map((path) => `g/${path}`)]);
  for (const path of paths) expect(outputs[`g/${path}`]?.shape).toEqual(inputs[`p/${path}`]?.shape);
});

test("the graph is sound and the same network gives the same bytes", () => {
  const program = trainingProgram(network, 8);
  expect(() => verify(program)).not.toThrow();
  expect(emit(program).bytes).toEqual(emit(trainingProgram(network, 8)).bytes);
});

test("frozen parameters have no gradient and cost no backward pass", () => {
  const whole = trainingProgram(network, 8);
  const isTrainable = ({ name }: { readonly name: string }): boolean => name.startsWith("head.output.");
  const frozen = trainingProgram(network, 8, isTrainable);
  expect(Object.keys(frozen.outputs)).toEqual(["loss", "g/head.output.weight", "g/head.output.bias"]);
  expect(Object.keys(frozen.inputs)).toEqual(Object.keys(whole.inputs));
  const size = (program: typeof whole): number => reachable(Object.values(program.outputs)).length;
  const forward = reachable(Object.values({ loss: whole.outputs["loss"] ?? fail() })).length;
  expect(size(frozen) - forward).toBeLessThan((size(whole) - forward) / 4);
});

function fail(): never {
  throw new Error("the program has no loss");
}
