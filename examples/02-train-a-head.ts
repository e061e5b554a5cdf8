/** @file Train a flow head where two answers are right: pass an obstacle on the left or on the right. */

import { hostTensor, rng, tensorFrom, toNumbers, zeros, type Dtype, type Shape } from "tendon/array";
import { constant, emit, gradients, input, type Tensor } from "tendon/graph";
import { flowMatchingHead, residualMlp } from "tendon/heads";
import { initialParameters, mapParameters, namedParameters } from "tendon/nn";
import { fusedAdamW, parameterArena, warmupCosine, type NamedArrays } from "tendon/optim";
import { openSession } from "tendon/runtime/node";

const [B, H, STEPS] = [64, 8, 1500];
const chunk = { horizon: H, actionSize: 1 };
const head = flowMatchingHead(residualMlp(chunk, { condSize: 1, width: 64, blocks: 2 }), chunk);
const specs = namedParameters(head.parameters);

// One graph: parameters, a batch and its random draws in; the loss and its gradients out.
const inputs: Record<string, Tensor> = {};
const declare = (name: string, dtype: Dtype, shape: Shape): Tensor => (inputs[name] = input(name, dtype, shape));
const params = mapParameters(head.parameters, ({ name, shape }) => declare(`p/${name}`, "f32", shape));
const targets = { actions: declare("actions", "f32", [B, H, 1]), isPad: declare("isPad", "bool", [B, H]) };
const draws = { noise: declare("noise", "f32", [B, H, 1]), tau: declare("tau", "f32", [B]) };
const { loss } = head.loss(params, declare("cond", "f32", [B, 1]), targets, draws);
const wanted = Object.entries(inputs).filter(([name]) => name.startsWith("p/"));
const derivatives = gradients(loss, wanted.map(([, tensor]) => tensor));
const outputs = Object.fromEntries([["loss", loss], ...wanted.map(([name], i) => [`d${name}`, derivatives[i]])]);
await using session = await openSession(emit({ name: "training", inputs, outputs }).bytes);

// Parameters and gradients lie in WebAssembly memory; session and optimizer use them in place.
const arena = parameterArena(specs, { ema: false });
for (const [name, { data }] of Object.entries(initialParameters(head.parameters, 0))) arena.params.get(name)?.set(data);
const tensors = (prefix: string, arrays: NamedArrays) =>
  Object.fromEntries(specs.map(({ name, shape }) => [prefix + name, hostTensor("f32", shape, arrays.get(name)!)]));
const [cueBatch, actionBatch, isPad] = [zeros("f32", [B, 1]), zeros("f32", [B, H, 1]), zeros("bool", [B, H])];
const [noise, tau, lossValue] = [zeros("f32", [B, H, 1]), zeros("f32", [B]), zeros("f32", [])];
const feeds = { ...tensors("p/", arena.params), cond: cueBatch, actions: actionBatch, isPad, noise, tau };
const call = session.bind(feeds, { ...tensors("dp/", arena.gradients), loss: lossValue });
const [adamW, rate] = [fusedAdamW(arena), warmupCosine({ peak: 3e-3, warmupSteps: 50, totalSteps: STEPS })];

for (let step = 1; step <= STEPS; step++) {
  const random = rng(0, "step", step);
  cueBatch.data.forEach((_, b) => {
    const width = (cueBatch.data[b] = 0.5 + 0.5 * random.uniform()); // how far to keep away
    const side = random.uniform() < 0.5 ? -1 : 1; // not observed: both sides are demonstrated
    for (let h = 0; h < H; h++) actionBatch.data[b * H + h] = side * width * Math.sin((Math.PI * (h + 0.5)) / H);
  });
  const batch = { actions: actionBatch.data, isPad: isPad.data };
  head.hostInputs.noise.write(noise.data, random, batch);
  head.hostInputs.tau.write(tau.data, random, batch);
  await call.run();
  adamW.step({ step, lr: rate(step) });
  if (step % 500 === 0) console.log(`step ${step}: loss ${toNumbers(lossValue)[0]?.toFixed(3)}`);
}

// The sampler: trained values become constants, ten Euler steps one model.
const trained = mapParameters(head.parameters, ({ name, shape }) => constant(hostTensor("f32", shape, arena.params.get(name)!)));
const [cue, start] = [input("cue", "f32", [6, 1]), input("start", "f32", [6, H, 1])];
const sampled = emit({ name: "sampler", inputs: { cue, start }, outputs: { chunk: head.sample(trained, cue, start) } });
await using sampler = await openSession(sampled.bytes);
const starts = zeros("f32", [6, H, 1]);
rng(1).fillNormal(starts.data);
const values = toNumbers((await sampler.run({ cue: tensorFrom("f32", [6, 1], Array(6).fill(0.8)), start: starts }))["chunk"]!);
for (let b = 0; b < 6; b++) console.log(`chunk ${b}: ${values.slice(b * H, (b + 1) * H).map((v) => v.toFixed(2)).join(" ")}`);
