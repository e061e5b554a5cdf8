/** @file Laws of a policy that sees and reads: its inputs, their units, and that training moves its encoder. */

import { expect, test } from "vitest";
import { rng, sizeOf, zeros, type HostTensor } from "#engine/array";
import { emit } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { cameraPart, imageEncoder, observationEncoder, statePart, textEncoder, textIds, textPart } from "#policy/encoders";
import { trainingProgram } from "#policy/training";
import { normals } from "#testing";
import { initialPolicy, policyNetwork, policyParameters } from "./network.ts";
import { loadPolicy } from "./policy.ts";

const spec = { head: "flow-mlp", obsSteps: 2, obsSize: 3, horizon: 4, actionSize: 2, width: 8, blocks: 1, integrationSteps: 2, codec: null };
const size = [33, 33] as const;
const camera = imageEncoder({ widths: [16, 16, 16, 16], keypoints: 4 });
const encoder = observationEncoder(spec.obsSteps, {
  state: statePart(spec.obsSize),
  cameras: cameraPart(["front", "wrist"], camera, { size }),
  text: textPart(textEncoder({ tokens: 8, width: 8, features: 4 })),
});
const network = policyNetwork(spec, encoder);
const scaled = (width: number, scale: number) =>
  ({ kind: "limits", scale: Array<number>(width).fill(scale), offset: Array<number>(width).fill(0) }) as const;

/** Values of everything the encoder reads, for a batch. */
function observationsOf(batch: number): Record<string, HostTensor> {
  const image = (name: string): HostTensor => {
    const tensor = zeros("f32", [batch, 2, 3, ...size]);
    tensor.data.forEach((_, i) => (tensor.data[i] = rng(i, name).uniform()));
    return tensor;
  };
  const observation = zeros("f32", [batch, 2, 3]);
  observation.data.set(normals(6 * batch, 1));
  const text = textIds(Array.from({ length: batch }, (_, i) => `task ${i}`), 8);
  return { observation, "image.front": image("front"), "image.wrist": image("wrist"), text };
}

/** Weights that do something everywhere: training starts some of them from 0. */
const weights = Object.fromEntries(
  Object.entries(initialPolicy(network, 1)).map(([name, { dtype, shape, data }], i) => {
    const noise = normals(data.length, i);
    return [name, { dtype, shape, data: data.map((value, k) => value + 0.1 * (noise[k] ?? 0)) }];
  }),
);

async function chunkOf(observations: Record<string, HostTensor>, stateScale = 1): Promise<number[]> {
  const normalizers = { observation: scaled(3, stateScale), action: scaled(2, 1) };
  await using policy = loadPolicy({ network, weights, normalizers }, openSession);
  const sampler = await policy.sampler(2);
  for (const [name, { data }] of Object.entries(sampler.observations)) (data as Float32Array).set(observations[name]?.data as Float32Array);
  sampler.noise.set(normals(sampler.noise.length, 9));
  await sampler.run();
  return [...sampler.chunk];
}

test("a chunk depends on every input, and on the state in physical units", async () => {
  const observations = observationsOf(2);
  const chunk = await chunkOf(observations);
  for (const [name, { dtype, shape }] of Object.entries(observations)) {
    expect([name, await chunkOf({ ...observations, [name]: zeros(dtype as "f32", shape) })]).not.toEqual([name, chunk]);
  }
  const halved = zeros("f32", [2, 2, 3]);
  halved.data.set(normals(12, 1).map((value) => value / 2));
  (await chunkOf({ ...observations, observation: halved }, 2)).forEach((value, i) => expect(value).toBeCloseTo(chunk[i] ?? NaN, 4));
});

test("the training graph reads what the encoder reads, and every parameter of the encoder has a gradient that is not zero", async () => {
  const batch = 2;
  const program = trainingProgram(network, batch);
  expect(Object.keys(program.inputs)).toEqual(expect.arrayContaining(Object.keys(encoder.inputs)));
  await using session = await openSession(emit(program).bytes);
  const others = Object.fromEntries(
    session.inputNames.flatMap((name) => {
      const { dtype, shape } = program.inputs[name] ?? { dtype: "f32", shape: [] };
      const tensor = zeros(dtype, shape);
      if (dtype === "f32") (tensor.data as Float32Array).set(normals(sizeOf(shape), 4).map((value) => Math.abs(value) / 4));
      return [[name, tensor]];
    }),
  );
  const parameters = Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [`p/${name}`, tensor]));
  const results = await session.run({ ...others, ...parameters, ...observationsOf(batch) });
  // A softmax does not see what all of its logits share.
  const moved = policyParameters(network).filter(({ name, role }) => role === "encoder" && name !== "encoder.cameras.keypoints.bias");
  expect(moved.length).toBeGreaterThan(60);
  for (const { name } of moved) {
    const slope = results[`g/${name}`]?.data as Float32Array;
    expect([name, slope.some((value) => value !== 0) && slope.every(Number.isFinite)]).toEqual([name, true]);
  }
});

test("a policy that reads no state has an empty place for it", async () => {
  const blind = policyNetwork(spec, observationEncoder(2, { front: cameraPart(["front"], camera, { size }) }));
  const normalizers = { observation: scaled(3, 1), action: scaled(2, 1) };
  await using policy = loadPolicy({ network: blind, weights: initialPolicy(blind, 1), normalizers }, openSession);
  const sampler = await policy.sampler(1);
  expect(Object.keys(sampler.observations)).toEqual(["image.front"]);
  expect(sampler.observation).toHaveLength(0);
  await sampler.run();
  expect(sampler.chunk.every(Number.isFinite)).toBe(true);
});
