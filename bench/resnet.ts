/** @file Forward and backward of the image encoder against the MatMul roof and PyTorch: `npm run bench -- resnet`. */

import { fileURLToPath } from "node:url";
import { rng, zeros, type HostTensor, type Shape } from "#engine/array";
import { emit, gradients, input, mean, square, sub, type EmittedModel, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters, parameterCount } from "#engine/nn";
import { openSession } from "#engine/runtime/node";
import { imageEncoder, RESNET18_WIDTHS } from "#policy/encoders";
import { arenaTensors } from "./arena-tensors.ts";
import { median, millisecondsOf, rounded, type Benchmark, type BenchmarkResult } from "./benchmark.ts";
import { startPeer, type Peer } from "./peers/peer.ts";
import { openRoof } from "./roof.ts";

/** A batch of 64 with two observation steps. */
const IMAGES = 128;
const EDGE = 76;
const WARMUP = 1;
/** At most so many rounds, and fewer on a machine where they would take longer than `LIMIT_MS`. */
const MAX_ROUNDS = 12;
const MIN_ROUNDS = 4;
const LIMIT_MS = 90_000;
const PEER_SCRIPT = fileURLToPath(new URL("peers/resnet.py", import.meta.url));
const KEYPOINTS = 32;

const encoder = imageEncoder({ widths: RESNET18_WIDTHS, keypoints: KEYPOINTS });

export const resnetBenchmark: Benchmark = {
  name: "resnet",
  summary: `image encoder, ResNet-18 with ${IMAGES} images of ${EDGE} × ${EDGE} px: forward + backward`,
  run: measure,
};

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
  const [forwardBackward, roof] = [await openStep(), await openRoof()];
  const peer = await startPeer(PEER_SCRIPT, [IMAGES, EDGE, KEYPOINTS, encoder.condSize, ...RESNET18_WIDTHS].map(String));
  if (peer !== null && peer.parameters !== parameterCount(encoder.parameters)) {
    throw new Error(`resnet: the peer has ${peer.parameters} parameters, expected ${parameterCount(encoder.parameters)}: it is another network`);
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

/** The rate is one of work asked for, not of work done: many convolutions take fewer products than plain sums have. */
function summarize({ ours, peer: theirs, roof }: Samples, peer: Peer | null): BenchmarkResult {
  const [ms, best, roofGflops] = [median(ours), Math.min(...ours), Math.max(...roof)];
  const gflop = stepGflop();
  const json = {
    name: "resnet",
    images: IMAGES,
    gflop: rounded(gflop),
    ms: rounded(ms),
    gflops: rounded((1000 * gflop) / ms),
    roofGflops: rounded(roofGflops),
    ratio: rounded((1000 * gflop) / ms / roofGflops),
    bestRatio: rounded((1000 * gflop) / best / roofGflops),
    peer: peer === null ? null : { name: `torch ${peer.version}`, ms: rounded(median(theirs)), bestMs: rounded(Math.min(...theirs)), threads: peer.threads },
    speedup: peer === null ? null : rounded(median(theirs) / ms),
  };
  const lines = [
    `${IMAGES} images of ${EDGE} × ${EDGE} px, ${json.gflop} GFLOP, ${ours.length} rounds: median ${ms.toFixed(0)} ms, best ${best.toFixed(0)} ms`,
    `share of the MatMul roof: ${json.ratio} at the median, ${json.bestRatio} at best`,
    `MatMul roof: ${roofGflops.toFixed(0)} GFLOP/s, the best of all rounds; encoder: ${json.gflops} GFLOP/s`,
    json.peer === null
      ? "no Python with PyTorch found (TENDON_PYTHON names one): nothing to compare with"
      : `${json.peer.name}: median ${json.peer.ms} ms, best ${json.peer.bestMs} ms; tendon is ${json.speedup} times as fast`,
  ];
  return { json, lines };
}

/** One call of the graph of loss and gradients, which are written where an optimizer would read them. */
async function openStep(): Promise<() => Promise<void>> {
  const { parameters, gradients } = arenaTensors(encoder.parameters);
  const session = await openSession(model().bytes);
  const feeds = { images: normals("images", [IMAGES, 3, EDGE, EDGE]), target: normals("target", [IMAGES, encoder.condSize]) };
  const call = session.bind({ ...feeds, ...parameters }, { loss: zeros("f32", []), ...gradients });
  return () => call.run();
}

function model(): EmittedModel {
  const parameters: Record<string, Tensor> = {};
  const params = mapParameters(encoder.parameters, ({ name, shape }) => (parameters[name] = input(`p/${name}`, "f32", shape)));
  const images = input("images", "f32", [IMAGES, 3, EDGE, EDGE]);
  const target = input("target", "f32", [IMAGES, encoder.condSize]);
  const loss = mean(square(sub(encoder.encode(params, images), target)));
  const names = Object.keys(parameters);
  const slopes = gradients(loss, Object.values(parameters));
  return emit({
    name: "resnet",
    inputs: { images, target, ...Object.fromEntries(names.map((name) => [`p/${name}`, parameters[name] as Tensor])) },
    outputs: { loss, ...Object.fromEntries(names.map((name, i) => [`g/${name}`, slopes[i] as Tensor])) },
  });
}

function normals(purpose: string, shape: Shape): HostTensor {
  const tensor = zeros("f32", shape);
  rng(0, purpose).fillNormal(tensor.data);
  return tensor;
}

/**
 * Multiply-adds of the convolutions count two each, every window counted whole: once forward, once for the weight, and once for what came in,
 * except from the images.
 */
function stepGflop(): number {
  const edges = [1, 2, 3, 4, 5].map((halvings) => Math.ceil(EDGE / 2 ** halvings));
  const flop = namedParameters(encoder.parameters).map(({ name, shape }) => {
    if (shape.length !== 4) return 0;
    const stage = /stages\.(\d)/.exec(name)?.[1];
    const isStem = name.includes("stem");
    const edge = edges[isStem ? 0 : stage === undefined ? 4 : Number(stage) + 1] ?? 0;
    return (isStem ? 2 : 3) * 2 * IMAGES * edge ** 2 * shape.reduce((product, extent) => product * extent, 1);
  });
  return flop.reduce((total, value) => total + value, 0) / 1e9;
}
