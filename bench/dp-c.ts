/** @file Forward and backward of Diffusion Policy's U-Net against the MatMul roof and PyTorch: `npm run bench -- dp-c`. */

import { fileURLToPath } from "node:url";
import { conditionalUnet, denoise } from "#action/heads";
import { rng, zeros, type HostTensor, type Shape } from "#engine/array";
import { emit, gradients, input, mean, square, sub, type EmittedModel, type Tensor } from "#engine/graph";
import { mapParameters, parameterCount } from "#engine/nn";
import { openSession } from "#engine/runtime/node";
import { arenaTensors } from "./arena-tensors.ts";
import { median, millisecondsOf, rounded, type Benchmark, type BenchmarkResult } from "./benchmark.ts";
import { startPeer, type Peer } from "./peers/peer.ts";
import { openRoof } from "./roof.ts";

/** Push-T with low-dimensional observations. */
const BATCH = 64;
const CHUNK = { horizon: 16, actionSize: 2 };
const OPTIONS = { condSize: 40, timeSize: 256, downDims: [256, 512, 1024], time: "diffusion" } as const;
/**
 * Forward once, backward twice, multiply and add counted apart, every window counted whole as if padding were multiplied. We leave most of
 * that out, so the rate is one of work asked for, not of work done.
 */
const GFLOP = 113.3;
const WARMUP = 2;
/** At most so many rounds, and fewer on a machine where they would take longer than `LIMIT_MS`. */
const MAX_ROUNDS = 30;
const MIN_ROUNDS = 8;
const LIMIT_MS = 90_000;
const PEER_SCRIPT = fileURLToPath(new URL("peers/dp_c.py", import.meta.url));

export const dpCBenchmark: Benchmark = {
  name: "dp-c",
  summary: `DP-C U-Net of 65.8 M parameters, batch ${BATCH}: forward + backward`,
  run: measure,
};

const unet = conditionalUnet(CHUNK, OPTIONS);

interface Samples {
  /** ms */
  readonly ours: number[];
  /** ms */
  readonly peer: number[];
  /** GFLOP/s */
  readonly roof: number[];
}

/** Rounds of all three are interleaved, so that what else the machine does falls on all alike. */
async function measure(): Promise<BenchmarkResult> {
  const forwardBackward = await openStep();
  const roof = await openRoof();
  const sizes = [BATCH, CHUNK.horizon, CHUNK.actionSize, OPTIONS.condSize, OPTIONS.timeSize, ...OPTIONS.downDims];
  const peer = await startPeer(PEER_SCRIPT, ["gradients", ...sizes.map(String)]);
  if (peer !== null && peer.parameters !== parameterCount(unet.parameters)) {
    throw new Error(`dp-c: the peer has ${peer.parameters} parameters, expected ${parameterCount(unet.parameters)}: it is another network`);
  }
  const samples: Samples = { ours: [], peer: [], roof: [] };
  const start = performance.now();
  for (let round = -WARMUP; round < MAX_ROUNDS; round++) {
    if (round >= MIN_ROUNDS && performance.now() - start > LIMIT_MS) break;
    const ours = await millisecondsOf(forwardBackward);
    const theirs = await peer?.round();
    const gflops = await roof();
    if (round < 0) continue;
    samples.ours.push(ours);
    samples.roof.push(gflops);
    if (theirs !== undefined) samples.peer.push(theirs.ms);
  }
  await peer?.close();
  return summarize(samples, peer);
}

/** One call of the graph of loss and gradients, which are written where an optimizer would read them. */
async function openStep(): Promise<() => Promise<void>> {
  const { parameters, gradients } = arenaTensors(unet.parameters);
  const session = await openSession(model().bytes);
  const feeds = {
    x: normals("x", [BATCH, CHUNK.horizon, CHUNK.actionSize]),
    target: normals("target", [BATCH, CHUNK.horizon, CHUNK.actionSize]),
    step: normals("step", [BATCH]),
    cond: normals("cond", [BATCH, OPTIONS.condSize]),
    ...parameters,
  };
  const call = session.bind(feeds, { loss: zeros("f32", []), ...gradients });
  return () => call.run();
}

/** Mean squared error of the prediction, and its gradient by every parameter. */
function model(): EmittedModel {
  const inputs: Record<string, Tensor> = {};
  const declare = (name: string, shape: Shape): Tensor => (inputs[name] = input(name, "f32", shape));
  const params = mapParameters(unet.parameters, ({ name, shape }) => declare(`p/${name}`, shape));
  const names = Object.keys(inputs);
  const size = [BATCH, CHUNK.horizon, CHUNK.actionSize];
  const [x, target, step, cond] = [declare("x", size), declare("target", size), declare("step", [BATCH]), declare("cond", [BATCH, OPTIONS.condSize])];
  const loss = mean(square(sub(denoise(unet, params, { x, times: [step], cond }), target)));
  const slopes = gradients(loss, names.map((name) => inputs[name] ?? loss));
  return emit({ name: "dp-c", inputs, outputs: { loss, ...Object.fromEntries(names.map((name, i) => [name.replace("p/", "g/"), slopes[i] ?? loss])) } });
}

function normals(purpose: string, shape: Shape): HostTensor {
  const tensor = zeros("f32", shape);
  rng(0, purpose).fillNormal(tensor.data);
  return tensor;
}

function summarize({ ours, peer: theirs, roof }: Samples, peer: Peer | null): BenchmarkResult {
  const ms = median(ours);
  const gflops = GFLOP / (ms / 1e3);
  const roofGflops = Math.max(...roof);
  const peerMs = median(theirs);
  const json = {
    name: "dp-c",
    ours: { ms: rounded(ms) },
    peer: peer === null ? null : { name: `torch ${peer.version}`, ms: rounded(peerMs), threads: peer.threads },
    ratio: peer === null ? null : rounded(peerMs / ms),
    roofRatio: rounded(gflops / roofGflops),
    gflop: GFLOP,
    roofGflops: rounded(roofGflops),
    rounds: ours.length,
  };
  const lines = [
    `batch ${BATCH}, ${ours.length} rounds, forward + backward, median`,
    `tendon: ${ms.toFixed(0)} ms, ${gflops.toFixed(0)} GFLOP/s of padded convolutions, ${json.roofRatio.toFixed(2)} of the MatMul roof (${roofGflops.toFixed(0)} GFLOP/s)`,
    ...(json.peer === null
      ? ["no Python with PyTorch found (TENDON_PYTHON names one): nothing to compare with"]
      : [`${json.peer.name}: ${json.peer.ms.toFixed(0)} ms; tendon is ${(json.ratio ?? NaN).toFixed(2)} times as fast`]),
  ];
  return { json, lines };
}
