/** @file One training step of the residual MLP against the MatMul roof and PyTorch: `npm run bench -- train-step`. */

import { fileURLToPath } from "node:url";
import { rng, zeros, type HostTensor } from "#engine/array";
import { fusedAdamW } from "#engine/optim";
import { openSession } from "#engine/runtime/node";
import { arenaTensors } from "./arena-tensors.ts";
import { median, millisecondsOf, rounded, type Benchmark, type BenchmarkResult } from "./benchmark.ts";
import { startPeer, type Peer, type PeerRound } from "./peers/peer.ts";
import { BLOCKS, HIDDEN, residualMlpModel, residualMlpSpec, stepFlop, WIDTH } from "./residual-mlp.ts";
import { openRoof } from "./roof.ts";

const BATCH = 256;
const WARMUP = 5;
/** At most so many rounds, and fewer on a machine where they would take longer than `LIMIT_MS`. */
const MAX_ROUNDS = 60;
const MIN_ROUNDS = 10;
const LIMIT_MS = 60_000;
const PEER_SCRIPT = fileURLToPath(new URL("peers/train_step.py", import.meta.url));

export const trainStepBenchmark: Benchmark = {
  name: "train-step",
  summary: `residual MLP of 8.4 M parameters, batch ${BATCH}: forward + backward, and with AdamW`,
  run: measure,
};

/** One round of the peer, ms. */
interface OptimizedRound extends PeerRound {
  readonly msWithOptimizer: number;
}

/** Times of all rounds, ms; of the roof, GFLOP/s. */
interface Samples {
  readonly ours: number[];
  readonly oursWithOptimizer: number[];
  readonly roof: number[];
  readonly peer: number[];
  readonly peerWithOptimizer: number[];
}

/** Rounds of all four are interleaved, so that what else the machine does falls on all alike. */
async function measure(): Promise<BenchmarkResult> {
  const { forwardBackward, update } = await openStep();
  const roof = await openRoof();
  const peer = await startPeer<OptimizedRound>(PEER_SCRIPT, [BLOCKS, WIDTH, HIDDEN, BATCH].map(String));
  const samples: Samples = { ours: [], oursWithOptimizer: [], roof: [], peer: [], peerWithOptimizer: [] };
  const start = performance.now();
  for (let round = -WARMUP; round < MAX_ROUNDS; round++) {
    if (round >= MIN_ROUNDS && performance.now() - start > LIMIT_MS) break;
    const ours = await millisecondsOf(forwardBackward);
    const oursWithOptimizer = await millisecondsOf(async () => {
      await forwardBackward();
      update();
    });
    const gflops = await roof();
    const theirs = await peer?.round();
    if (round < 0) continue;
    samples.ours.push(ours);
    samples.oursWithOptimizer.push(oursWithOptimizer);
    samples.roof.push(gflops);
    if (theirs === undefined) continue;
    samples.peer.push(theirs.ms);
    samples.peerWithOptimizer.push(theirs.msWithOptimizer);
  }
  await peer?.close();
  return summarize(samples, peer);
}

interface Step {
  forwardBackward(): Promise<void>;
  update(): void;
}

/** Our step: gradients from one graph, written into the arena that the fused optimizer updates in place. */
async function openStep(): Promise<Step> {
  const { arena, parameters, gradients } = arenaTensors(residualMlpSpec);
  const session = await openSession(residualMlpModel(BATCH).bytes);
  const feeds = { x: normal("x"), target: normal("target"), ...parameters };
  const call = session.bind(feeds, { loss: zeros("f32", []), ...gradients });
  const optimizer = fusedAdamW(arena, {});
  let step = 0;
  return {
    forwardBackward: () => call.run(),
    update: () => void optimizer.step({ lr: 1e-4, step: (step += 1) }),
  };
}

/** f32[BATCH, WIDTH] of standard normals. */
function normal(purpose: string): HostTensor {
  const tensor = zeros("f32", [BATCH, WIDTH]);
  rng(0, purpose).fillNormal(tensor.data);
  return tensor;
}

function summarize(samples: Samples, peer: Peer<OptimizedRound> | null): BenchmarkResult {
  const ms = median(samples.ours);
  const msWithOptimizer = median(samples.oursWithOptimizer);
  const roofGflops = Math.max(...samples.roof);
  const gflopsAt = (ms: number): number => stepFlop(BATCH) / ms / 1e6;
  const theirs = peer === null ? null : comparison(samples, peer, { ms, msWithOptimizer });
  const json = {
    name: "train-step",
    gflops: rounded(gflopsAt(ms)),
    roofGflops: rounded(roofGflops),
    ratio: rounded(gflopsAt(ms) / roofGflops),
    ratioWithOptimizer: rounded(gflopsAt(msWithOptimizer) / roofGflops),
    peer: theirs,
  };
  const row = (label: string, first: string, second: string): string =>
    `${label.padEnd(36)}${first.padStart(18)}${second.padStart(14)}`;
  const lines = [
    row(`batch ${BATCH}, ${samples.ours.length} rounds`, "forward + backward", "with AdamW"),
    row("tendon, median ms", ms.toFixed(1), msWithOptimizer.toFixed(1)),
    row("share of the MatMul roof", json.ratio.toFixed(2), json.ratioWithOptimizer.toFixed(2)),
    ...(theirs === null
      ? ["no Python with PyTorch found (TENDON_PYTHON names one): nothing to compare with"]
      : [
          row(`${theirs.name}, median ms`, theirs.ms.toFixed(1), theirs.msWithOptimizer.toFixed(1)),
          row(`times as fast as ${theirs.name}`, theirs.speedup.toFixed(2), theirs.speedupWithOptimizer.toFixed(2)),
        ]),
    `MatMul roof: ${roofGflops.toFixed(0)} GFLOP/s, the best of all rounds; tendon: ${gflopsAt(ms).toFixed(0)} GFLOP/s`,
  ];
  return { json, lines };
}

interface Comparison {
  readonly name: string;
  readonly threads: number;
  readonly ms: number;
  readonly msWithOptimizer: number;
  /** Their time over ours. */
  readonly speedup: number;
  readonly speedupWithOptimizer: number;
}

function comparison(samples: Samples, peer: Peer<OptimizedRound>, ours: { ms: number; msWithOptimizer: number }): Comparison {
  const ms = median(samples.peer);
  const msWithOptimizer = median(samples.peerWithOptimizer);
  return {
    name: `PyTorch ${peer.version}`,
    threads: peer.threads,
    ms: rounded(ms),
    msWithOptimizer: rounded(msWithOptimizer),
    speedup: rounded(ms / ours.ms),
    speedupWithOptimizer: rounded(msWithOptimizer / ours.msWithOptimizer),
  };
}
