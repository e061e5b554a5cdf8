/** @file π0 on this machine: encoders, prefix and ten steps, each over its own floor, and the memory they take: `npm run bench -- pi0`. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { WEIGHTS_FILE } from "#policy/policies";
import { median, rounded, type Benchmark, type BenchmarkResult } from "../benchmark.ts";
import { resultOf } from "../own-process.ts";
import { eagerChunks, type EagerChunks } from "./eager-chunks.ts";
import { exported, MODEL_FORMATS, synthesized, type ModelFormat, type ModelSize, type Synthesized } from "./exported-model.ts";
import type { GraphTimes, TimesRequest } from "./graph-times.ts";
import type { TimedGraph } from "./kept-export.ts";
import { pythonTimes, type PythonTimes, type RoundTimes } from "./python-graphs.ts";
import { workOf, type Work } from "./work-of-graphs.ts";

export const pi0Benchmark: Benchmark = {
  name: "pi0",
  summary: "π0, three cameras: encoders, prefix, ten steps over a cache; 3b needs 20 GB of disk and 16 GB of memory",
  parts: MODEL_FORMATS,
  presets: ["tiny", "small", "3b"],
  async run({ only, preset = "tiny" }) {
    const formats = (only === undefined ? MODEL_FORMATS : [only]) as readonly ModelFormat[]; // the parts
    const model = await synthesized(preset as ModelSize); // the presets
    const results = [];
    for (const format of formats) results.push(await measured(model, format));
    return { json: { name: "pi0", size: preset, formats: Object.fromEntries(results.map(({ json }, i) => [formats[i] ?? "", json])) }, lines: results.flatMap(({ lines }) => lines) };
  },
};

async function measured(model: Synthesized, format: ModelFormat): Promise<BenchmarkResult> {
  const { size, folder: checkpoint, checkpoint: { network, config } } = model;
  const inputs = { format, cameras: config.cameras.length, promptTokens: config.promptTokens };
  const graphs = await exported(model, format);
  // The reference comes first and last, so that a machine that slows down falls on both.
  const eager = async (): Promise<EagerChunks | null> => (size === "3b" && format === "f32" ? await eagerChunks(inputs.cameras) : null);
  const before = await eager();
  const { times, python } = await timed(size, { graphs, checkpoint, ...inputs });
  const reference = [before, before === null ? null : await eager()].flatMap((chunks) => chunks ?? []);
  const weightBytes = (await stat(join(graphs, WEIGHTS_FILE))).size;
  const work = workOf(network, inputs);
  const { see, prefix, steps } = medians(times.ms);
  const chunkMs = inputs.cameras * see + prefix + steps;
  const recomputedMs = times.recomputedMs.length > 0 ? median(times.recomputedMs) : network.head.integrationSteps * (inputs.cameras * see + prefix) + steps;
  const floors = { see: floorOf(work.see, see, times), prefix: floorOf(work.prefix, prefix, times), steps: floorOf(work.steps, steps, times) };
  const json = {
    chunkMs: rounded(chunkMs),
    /** Of a chunk as it is made, over one cache: the share of its ten steps. */
    stepsShareOfChunk: rounded(steps / chunkMs),
    /** Without a cache every step would see the whole prefix again. Of the published size it is not run, but added up from the times of the parts, ten prefixes and ten steps. */
    recomputedMs: rounded(recomputedMs), isAddedUp: times.recomputedMs.length === 0,
    /** Of that: the share of the ten steps. */
    actionShare: rounded(steps / recomputedMs),
    cacheGain: rounded(recomputedMs / chunkMs), loadMs: rounded(times.loadMs), graphs: floors, warnings: warningsOf(floors),
    roofGflops: rounded(times.roofGflops), bandwidthGBs: rounded(times.bandwidthGBs), weightGigabytes: rounded(weightBytes / 1e9), residentGigabytes: rounded(times.residentBytes / 1e9), peakGigabytes: rounded(times.peakBytes / 1e9),
    baseGigabytes: rounded(times.baseBytes / 1e9),
    ...(python === null ? {} : { python: pythonOf(python, { cameras: inputs.cameras, chunkMs }) }),
    ...(reference.length === 0 ? {} : { eager: eagerOf(reference, chunkMs) }),
  };
  return { json, lines: linesOf(`${size}, ${format}`, json) };
}

/** Of the published size, three rounds before Python has the machine for six, and three behind it, so that a machine that slows down falls on both; else all take turns. */
async function timed(size: ModelSize, request: Pick<TimesRequest, "graphs" | "checkpoint" | "format" | "cameras" | "promptTokens">): Promise<{ readonly times: GraphTimes; readonly python: PythonTimes | null }> {
  const { graphs } = request;
  const isApart = size === "3b";
  // In turns an even number, as each side is first in every other round.
  const rounds = isApart ? 3 : 20;
  const ours = (): Promise<GraphTimes> =>
    resultOf<GraphTimes>(new URL("graph-times.ts", import.meta.url), { rounds, isRecomputed: !isApart, isBesidePython: !isApart, ...request } satisfies TimesRequest, `pi0: the process of ${graphs}`);
  const first = await ours();
  if (!isApart) return { times: first, python: first.python };
  const python = await pythonTimes(graphs, 2 * rounds);
  return { times: together(first, await ours()), python };
}

/** All rounds of two processes; of what each has once, the larger. */
function together(a: GraphTimes, b: GraphTimes): GraphTimes {
  const larger = (name: "loadMs" | "roofGflops" | "bandwidthGBs" | "baseBytes" | "residentBytes" | "peakBytes"): number => Math.max(a[name], b[name]);
  return {
    ms: { see: [...a.ms.see, ...b.ms.see], prefix: [...a.ms.prefix, ...b.ms.prefix], steps: [...a.ms.steps, ...b.ms.steps] },
    recomputedMs: [...a.recomputedMs, ...b.recomputedMs], python: null, loadMs: larger("loadMs"), roofGflops: larger("roofGflops"), bandwidthGBs: larger("bandwidthGBs"),
    baseBytes: larger("baseBytes"), residentBytes: larger("residentBytes"), peakBytes: larger("peakBytes"),
  };
}

function medians({ see, prefix, steps }: RoundTimes): Record<TimedGraph, number> {
  return { see: median(see), prefix: median(prefix), steps: median(steps) };
}

/** The same graphs called from Python; `ratio` is our speed over its. */
function pythonOf({ version, ms }: PythonTimes, { cameras, chunkMs }: { readonly cameras: number; readonly chunkMs: number }) {
  const { see, prefix, steps } = medians(ms);
  const theirs = cameras * see + prefix + steps;
  return { version, chunkMs: rounded(theirs), see: rounded(see), prefix: rounded(prefix), steps: rounded(steps), ratio: rounded(theirs / chunkMs) };
}

/** LeRobot's own modules; `ratio` is our speed over theirs. */
function eagerOf(chunks: readonly EagerChunks[], chunkMs: number) {
  const all = chunks.flatMap(({ ms }) => ms);
  return { version: chunks[0]?.version, parameters: chunks[0]?.parameters, chunkMs: rounded(median(all)), allMs: all.map(rounded), ratio: rounded(median(all) / chunkMs) };
}

/** A graph's time, and how much of it its floor would be: products at the roof, or its weights once at the bandwidth, whichever takes longer. */
function floorOf({ flop, bytes }: Work, ms: number, { roofGflops, bandwidthGBs }: GraphTimes) {
  const [productsMs, readingMs] = [flop / roofGflops / 1e6, bytes / bandwidthGBs / 1e6];
  return { ms: rounded(ms), gflop: rounded(flop / 1e9), gflops: rounded(flop / ms / 1e6), ofRoof: rounded(productsMs / ms), ofFloor: rounded(Math.max(productsMs, readingMs) / ms) };
}

type Floors = Readonly<Record<string, ReturnType<typeof floorOf>>>;

/** Times of one run differ by so much; what is further above 1 is wrong. */
const MOST = 1.05;

/** Nothing is faster than its floor: where a share says so, what it is a share of was measured too low. */
function warningsOf(floors: Floors): string[] {
  return Object.entries(floors).flatMap(([graph, { ofRoof, ofFloor }]) => {
    if (ofRoof > MOST) return [`WARNING: ${graph} is at ${ofRoof} of the roof, so this is no roof for it: its share says nothing`];
    if (ofFloor > MOST) return [`WARNING: ${graph} is at ${ofFloor} of what reading its weights takes at least, so reading was measured too slow, or the weights stay in the processor's cache`];
    return [];
  });
}

type Measured = Readonly<{ python?: ReturnType<typeof pythonOf>; eager?: ReturnType<typeof eagerOf>; graphs: Floors; warnings: readonly string[] }> & Readonly<Record<string, unknown>>;

function linesOf(title: string, json: Measured): string[] {
  return [
    `${title}: a chunk in ${json["chunkMs"]} ms, of which the steps are ${percent(json["stepsShareOfChunk"])}; recomputing the prefix in every step would take ${json["recomputedMs"]} ms (${json["isAddedUp"] === true ? "added up, not run" : "run"}), of which the steps are ${percent(json["actionShare"])}`,
    ...Object.entries(json.graphs).map(([name, { ms, gflop, gflops, ofRoof, ofFloor }]) =>
      `  ${name.padEnd(8)}${String(ms).padStart(9)} ms  ${String(gflop).padStart(8)} GFLOP  ${String(gflops).padStart(7)} GFLOP/s, ${ofRoof} of the roof; ${ofFloor} of what products or reading weights take at least`),
    `  weights ${json["weightGigabytes"]} GB, memory at most ${json["peakGigabytes"]} GB, ${json["residentGigabytes"]} when all has run, ${json["baseGigabytes"]} before; loaded in ${json["loadMs"]} ms; roof ${json["roofGflops"]} GFLOP/s, reading ${json["bandwidthGBs"]} GB/s`,
    ...json.warnings.map((warning) => `  ${warning}`),
    ...(json.python === undefined ? [] : [`  the same graphs in onnxruntime ${json.python.version} from Python: ${json.python.chunkMs} ms a chunk; ours is ${json.python.ratio} times as fast`]),
    ...(json.eager === undefined ? [] : [`  LeRobot's modules in PyTorch ${json.eager.version}, uncompiled: ${json.eager.chunkMs} ms a chunk; ours is ${json.eager.ratio} times as fast`]),
  ];
}

function percent(share: unknown): string {
  return `${(100 * Number(share)).toFixed(1)} %`;
}
