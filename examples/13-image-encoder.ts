/** @file Train an image encoder to say where a bright square is, from random crops of frames full of noise. */

import { hostTensor, rng, zeros } from "tendon/array";
import { centreOffset, cropFrame, imageEncoder, randomOffset, type Frame, type ImageSize } from "tendon/encoders";
import { emit, gradients, input, mean, square, sub, type Tensor } from "tendon/graph";
import { initialParameters, mapParameters, namedParameters } from "tendon/nn";
import { fusedAdamW, parameterArena, warmupCosine, type NamedArrays } from "tendon/optim";
import { openSession } from "tendon/runtime/node";

const [B, STEPS, EDGE, SQUARE] = [16, 120, 56, 10];
const [size, crop]: [ImageSize, ImageSize] = [[EDGE, EDGE], [48, 48]];
const encoder = imageEncoder({ widths: [16, 16, 32, 32], keypoints: 8, features: 2 });
const specs = namedParameters(encoder.parameters);

// One graph: parameters, crops and places in; the loss and its gradients out.
const inputs: Record<string, Tensor> = {};
const params = mapParameters(encoder.parameters, ({ name, shape }) => (inputs[`p/${name}`] = input(`p/${name}`, "f32", shape)));
const wanted = Object.entries(inputs);
inputs["images"] = input("images", "f32", [B, 3, ...crop]);
inputs["places"] = input("places", "f32", [B, 2]);
const found = encoder.encode(params, inputs["images"]);
const loss = mean(square(sub(found, inputs["places"])));
const derivatives = gradients(loss, wanted.map(([, tensor]) => tensor));
const outputs = { found, loss, ...Object.fromEntries(wanted.map(([name], i) => [`d${name}`, derivatives[i]!])) };
await using session = await openSession(emit({ name: "training", inputs, outputs }).bytes);

const arena = parameterArena(specs, { ema: false });
for (const [name, { data }] of Object.entries(initialParameters(encoder.parameters, 0))) arena.params.get(name)?.set(data);
const tensors = (prefix: string, arrays: NamedArrays) =>
  Object.fromEntries(specs.map(({ name, shape }) => [prefix + name, hostTensor("f32", shape, arrays.get(name)!)]));
const [images, places, answers, lossValue] = [zeros("f32", [B, 3, ...crop]), zeros("f32", [B, 2]), zeros("f32", [B, 2]), zeros("f32", [])];
const call = session.bind({ ...tensors("p/", arena.params), images, places }, { ...tensors("dp/", arena.gradients), found: answers, loss: lossValue });

/** Frames with a square anywhere in their middle, cropped, and its place in the crop, from -1 to 1. */
function fillBatch(purpose: string, step: number): void {
  const random = rng(0, purpose, step);
  for (let b = 0; b < B; b++) {
    const frame: Frame = { size, channels: 3, data: Uint8Array.from({ length: 3 * EDGE * EDGE }, () => random.integer(0, 120)) };
    const corner = [0, 1].map(() => random.integer(8, EDGE - 8 - SQUARE + 1)) as [row: number, column: number];
    for (let i = 0; i < SQUARE * SQUARE; i++) {
      const pixel = (corner[0] + Math.floor(i / SQUARE)) * EDGE + corner[1] + (i % SQUARE);
      frame.data.fill(230, 3 * pixel, 3 * pixel + 3);
    }
    const offset = purpose === "train" ? randomOffset(size, crop, random) : centreOffset(size, crop);
    cropFrame(frame, images.data, { crop, offset, index: b });
    places.data.set(([1, 0] as const).map((axis) => (corner[axis] - offset[axis] + SQUARE / 2) / 24 - 1), 2 * b);
  }
}

const [adamW, rate] = [fusedAdamW(arena), warmupCosine({ peak: 3e-3, warmupSteps: 20, totalSteps: STEPS })];
for (let step = 0; step <= STEPS; step++) {
  const isTest = step % 40 === 0;
  fillBatch(isTest ? "test" : "train", step);
  await call.run();
  const off = answers.data.reduce((sum, value, i) => sum + 24 * Math.abs(value - (places.data[i] ?? 0)), 0) / (2 * B);
  if (isTest) console.log(`step ${step}: ${off.toFixed(1)} px off`);
  else adamW.step({ step, lr: rate(step) });
}
