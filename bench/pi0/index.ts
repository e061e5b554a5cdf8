/** @file π0 on this machine: encoders, prefix and ten steps, each over its own floor, and the memory they take: `npm run bench -- pi0`. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { WEIGHTS_FILE, openPi0Checkpoint } from "#policy/policies";
import { folderStore } from "#world/data/node";
import { rounded, type Benchmark, type BenchmarkResult } from "../benchmark.ts";
import { resultOf } from "../own-process.ts";
import { exportedModel, type ModelFormat, type ModelSize } from "./exported-model.ts";
import type { GraphTimes, TimesRequest } from "./graph-times.ts";
import { workOf, type Work } from "./work-of-graphs.ts";

const CAMERAS = 3;

export const pi0Benchmark: Benchmark = {
  name: "pi0",
  summary: "π0, three cameras: encoders, prefix, ten steps over a cache; 3b needs 20 GB of disk and 16 GB of memory",
  parts: ["f32", "int4"],
  presets: ["tiny", "small", "3b"],
  async run({ only, preset = "tiny" }) {
    const formats = (only === undefined ? ["f32", "int4"] : [only]) as readonly ModelFormat[]; // the parts
    const results = [];
    for (const format of formats) results.push(await measured(preset as ModelSize, format)); // the presets
    return { json: { name: "pi0", size: preset, formats: Object.fromEntries(results.map(({ json }, i) => [formats[i] ?? "", json])) }, lines: results.flatMap(({ lines }) => lines) };
  },
};

async function measured(size: ModelSize, format: ModelFormat): Promise<BenchmarkResult> {
  const { graphs, checkpoint } = await exportedModel(size, format);
  const { network, config: { promptTokens } } = await openPi0Checkpoint(await folderStore(checkpoint, "checkpoint"));
  const times = await resultOf<GraphTimes>(new URL("graph-times.ts", import.meta.url), { graphs, checkpoint, rounds: size === "3b" ? 3 : 20 } satisfies TimesRequest, `pi0: the process of ${graphs}`);
  const weightBytes = (await stat(join(graphs, WEIGHTS_FILE))).size;
  const work = workOf(network, { cameras: CAMERAS, promptTokens });
  const { see, prefix, steps } = times.ms;
  const chunkMs = CAMERAS * see + prefix + steps;
  // Without a cache every step would see the whole prefix again.
  const recomputedMs = network.head.integrationSteps * (CAMERAS * see + prefix) + steps;
  const json = {
    chunkMs: rounded(chunkMs), recomputedMs: rounded(recomputedMs), actionShare: rounded(steps / recomputedMs), cacheGain: rounded(recomputedMs / chunkMs), loadMs: rounded(times.loadMs),
    graphs: { see: floorOf(work.see, see, times), prefix: floorOf(work.prefix, prefix, times), steps: floorOf(work.steps, steps, times) },
    roofGflops: rounded(times.roofGflops), bandwidthGBs: rounded(times.bandwidthGBs), weightGigabytes: rounded(weightBytes / 1e9), residentGigabytes: rounded(times.residentBytes / 1e9), peakGigabytes: rounded(times.peakBytes / 1e9),
    baseGigabytes: rounded(times.baseBytes / 1e9),
    ...(times.python === null ? {} : { python: pythonOf(times.python, chunkMs) }),
  };
  return { json, lines: linesOf(`${size}, ${format}`, json) };
}

/** The same graphs called from Python; `ratio` is our speed over its. */
function pythonOf({ version, see, prefix, steps }: NonNullable<GraphTimes["python"]>, chunkMs: number) {
  const theirs = CAMERAS * see + prefix + steps;
  return { version, chunkMs: rounded(theirs), see: rounded(see), prefix: rounded(prefix), steps: rounded(steps), ratio: rounded(theirs / chunkMs) };
}

/** A graph's time, and how much of it its floor would be: products at the roof, or its weights once at the bandwidth, whichever takes longer. */
function floorOf({ flop, weights }: Work, ms: number, { roofGflops, bandwidthGBs }: GraphTimes) {
  const [productsMs, readingMs] = [flop / roofGflops / 1e6, (4 * weights) / bandwidthGBs / 1e6];
  return { ms: rounded(ms), gflop: rounded(flop / 1e9), gflops: rounded(flop / ms / 1e6), ofRoof: rounded(productsMs / ms), ofFloor: rounded(Math.max(productsMs, readingMs) / ms) };
}

type Measured = Readonly<{ python?: ReturnType<typeof pythonOf>; graphs: Readonly<Record<string, ReturnType<typeof floorOf>>> }> & Readonly<Record<string, unknown>>;

function linesOf(title: string, json: Measured): string[] {
  return [
    `${title}: a chunk in ${json["chunkMs"]} ms; recomputing the prefix in every step ${json["recomputedMs"]} ms, of which the actions are ${(100 * Number(json["actionShare"])).toFixed(1)} %`,
    ...Object.entries(json.graphs).map(([name, { ms, gflop, gflops, ofRoof, ofFloor }]) =>
      `  ${name.padEnd(8)}${String(ms).padStart(9)} ms  ${String(gflop).padStart(8)} GFLOP  ${String(gflops).padStart(7)} GFLOP/s, ${ofRoof} of the roof; ${ofFloor} of what products or reading weights take at least`),
    `  weights ${json["weightGigabytes"]} GB, memory at most ${json["peakGigabytes"]} GB, ${json["residentGigabytes"]} when all has run, ${json["baseGigabytes"]} before; loaded in ${json["loadMs"]} ms; roof ${json["roofGflops"]} GFLOP/s, reading ${json["bandwidthGBs"]} GB/s`,
    ...(json.python === undefined ? [] : [`  the same graphs in onnxruntime ${json.python.version} from Python: ${json.python.chunkMs} ms a chunk; ours is ${json.python.ratio} times as fast`]),
  ];
}
