/** @file The time of every graph of an exported model, and the memory it takes, in a process of its own: sends its result and ends. */

import { join } from "node:path";
import { rng, zeros, type Dtype, type HostTensor } from "#engine/array";
import { emit, input, sum } from "#engine/graph";
import { openModelFile, openSession } from "#engine/runtime/node";
import { memoryTokens, openPi0Checkpoint, type Pi0Network } from "#policy/policies";
import { folderStore } from "#world/data/node";
import { millisecondsOf } from "../benchmark.ts";
import { answer } from "../own-process.ts";
import { openRoof, type ProductSize } from "../roof.ts";
import { TIMED_GRAPHS, type ExportOptions, type TimedGraph } from "./kept-export.ts";
import { byGraph, openPython, type PythonRound, type PythonTimes, type RoundTimes } from "./python-graphs.ts";

export interface TimesRequest extends ExportOptions {
  /** Folders of the graphs, and of the checkpoint they come from. */
  readonly graphs: string;
  readonly checkpoint: string;
  /** How often each graph is timed. */
  readonly rounds: number;
  /** Whether Python takes turns with us: two of the published size, as floats, fill a memory of 24 GB. */
  readonly isBesidePython: boolean;
  /** Whether a chunk without a cache is run, too: minutes each at the published size. */
  readonly isRecomputed: boolean;
}

export interface GraphTimes {
  /** Of every round, ms: one camera, the prefix, all steps. */
  readonly ms: RoundTimes;
  /** A chunk that sees and reads everything again before each of its steps, ms, of every round; empty where it is not run. */
  readonly recomputedMs: readonly number[];
  /** Time to map and prepare all graphs, ms. */
  readonly loadMs: number;
  /** The best of all rounds. */
  readonly roofGflops: number;
  readonly bandwidthGBs: number;
  /** Of the process, bytes: before the graphs were there, when each has run, and at most until then. */
  readonly baseBytes: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
  /** The same graphs in ONNX Runtime called from Python, in turns with ours, each first in every other round; null where none is found, or not asked for. */
  readonly python: PythonTimes | null;
}

/** Roof and bandwidth are each looked for so long, over all rounds, ms. */
const ROOF_MS = 6000;
const BANDWIDTH_MS = 2000;

const WARM_RUNS = 3;

interface Bound {
  run(): Promise<void>;
}

async function measure({ graphs, checkpoint, format, cameras, promptTokens, rounds, isRecomputed, isBesidePython }: TimesRequest): Promise<GraphTimes> {
  const { network } = await openPi0Checkpoint(await folderStore(checkpoint, "checkpoint"));
  const baseBytes = process.memoryUsage.rss();
  const start = performance.now();
  const calls = await openCalls(network, { graphs, cameras, promptTokens });
  const loadMs = performance.now() - start;
  const times: Record<keyof typeof calls, number[]> = { see: [], prefix: [], steps: [] };
  // The first two runs also ask for memory, page by page, a second of the prefix's eight.
  for (let run = 0; run < WARM_RUNS; run++) for (const name of TIMED_GRAPHS) await calls[name].run();
  const residentBytes = process.memoryUsage.rss();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  // In 4 bits, ONNX Runtime multiplies whole numbers, which may be faster than floats; what is not in layers stays floats.
  const formats = format === "f32" ? (["f32"] as const) : (["f32", "int4"] as const);
  const roof = await openRoof({ products: largestProducts(network, memoryTokens(network, { cameras, promptTokens })), formats, turnMs: ROOF_MS / rounds });
  const bandwidth = await openBandwidth(BANDWIDTH_MS / rounds);
  let [roofGflops, bandwidthGBs] = [0, 0];
  const peer = isBesidePython ? await openPython(graphs) : null;
  const theirs: PythonRound[] = [];
  const recomputed: number[] = [];
  const recompute = async (): Promise<void> => {
    for (let step = 0; step < network.head.integrationSteps; step++) {
      for (let camera = 0; camera < cameras; camera++) await calls.see.run();
      await calls.prefix.run();
    }
    await calls.steps.run();
  };
  const ourTurn = async (): Promise<void> => {
    for (const name of TIMED_GRAPHS) times[name].push(await millisecondsOf(() => calls[name].run()));
    if (isRecomputed) recomputed.push(await millisecondsOf(recompute));
  };
  const theirTurn = async (): Promise<void> => {
    if (peer !== null) theirs.push(await peer.round());
  };
  // All take turns, so that what else the machine does falls on all alike. Whoever is second runs on a machine that the first has warmed, so we and Python change places every round.
  for (let round = 0; round < rounds; round++) {
    roofGflops = Math.max(roofGflops, await roof());
    bandwidthGBs = Math.max(bandwidthGBs, await bandwidth());
    for (const turn of round % 2 === 0 ? [ourTurn, theirTurn] : [theirTurn, ourTurn]) await turn();
  }
  await peer?.close();
  return {
    ms: times,
    python: peer === null ? null : { version: peer.version, ms: byGraph(theirs) },
    recomputedMs: recomputed,
    loadMs, roofGflops, bandwidthGBs, baseBytes, residentBytes, peakBytes,
  };
}

interface Sizes {
  readonly graphs: string;
  readonly cameras: number;
  readonly promptTokens: number;
}

async function openCalls(network: Pi0Network, { graphs, cameras, promptTokens }: Sizes): Promise<Record<TimedGraph, Bound>> {
  const { trunk: { vision, language }, chunk: { horizon, actionSize }, stateSize = actionSize } = network.size;
  const tokens = memoryTokens(network, { cameras, promptTokens });
  const patches = (vision.image / vision.patch) ** 2;
  const kept = [1, language.kvHeads ?? 1, tokens, language.headSize];
  const memory = Object.fromEntries([
    ...Array.from({ length: language.depth }, (_, i) => [[`keys.${i}`, noise("f32", kept)], [`values.${i}`, noise("f32", kept)]] as const).flat(),
    ["mask", zeros("f32", [1, 1, 1, tokens])], ["next", filled([1, 1], tokens)],
  ]) as Record<string, HostTensor>;
  const seen = Array.from({ length: cameras }, (_, i) => [[`seen.${i}`, noise("f32", [1, patches, language.width])], [`isThere.${i}`, ones([1])]] as const).flat();
  const bind = async (graph: string, feeds: Record<string, HostTensor>, outputs: Record<string, HostTensor>): Promise<Bound> =>
    (await openModelFile(join(graphs, `${graph}.onnx`))).bind(feeds, outputs);
  return {
    see: await bind("see", { image: noise("f32", [1, 3, vision.image, vision.image]) }, { seen: zeros("f32", [1, patches, language.width]) }),
    prefix: await bind("prefix", { ...Object.fromEntries(seen), prompt: zeros("i64", [1, promptTokens]), isPrompt: ones([1, promptTokens]) }, memory),
    steps: await bind(
      "steps",
      { ...memory, ...(network.variant === "pi0" ? { state: noise("f32", [1, stateSize]) } : {}), noise: noise("f32", [1, horizon, actionSize]) },
      { chunk: zeros("f32", [1, horizon, actionSize]) },
    ),
  };
}

/** Of the feed-forwards, where most of the work is. */
function largestProducts({ size: { trunk: { vision, language }, expert, chunk: { horizon } } }: Pi0Network, tokens: number): readonly ProductSize[] {
  const feedForwards = [[tokens, language], [(vision.image / vision.patch) ** 2, vision], [horizon, expert]] as const;
  return feedForwards.flatMap(([count, { width, hidden }]): ProductSize[] => [[count, width, hidden], [count, hidden, width]]);
}

function noise(dtype: Dtype & "f32", shape: readonly number[]): HostTensor<"f32"> {
  const tensor = zeros(dtype, shape);
  rng(1, "bench").fillNormal(tensor.data);
  return tensor;
}

function ones(shape: readonly number[]): HostTensor<"bool"> {
  const tensor = zeros("bool", shape);
  tensor.data.fill(1);
  return tensor;
}

function filled(shape: readonly number[], value: number): HostTensor<"f32"> {
  const tensor = zeros("f32", shape);
  tensor.data.fill(value);
  return tensor;
}

/** How fast a sum reads 256 MB, GB/s: the best of a turn, at every call. */
async function openBandwidth(turnMs: number): Promise<() => Promise<number>> {
  const shape = [64, 2 ** 20];
  const x = input("x", "f32", shape);
  const session = await openSession(emit({ name: "read", inputs: { x }, outputs: { y: sum(x, 1) } }).bytes);
  const call = session.bind({ x: filled(shape, 1) }, { y: zeros("f32", [64]) });
  await call.run();
  return async () => {
    const start = performance.now();
    let least = Infinity;
    do {
      least = Math.min(least, await millisecondsOf(() => call.run()));
    } while (performance.now() - start < turnMs);
    return (4 * 64 * 2 ** 20) / least / 1e6;
  };
}

answer(measure);
