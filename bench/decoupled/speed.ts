/** @file Training steps per second of every backbone, all of it trained and over a frozen head: `npm run bench -- decoupled --only speed`. */

import { rounded, type BenchmarkResult } from "../benchmark.ts";
import { resultOf } from "../own-process.ts";
import { BACKBONES, parametersOf } from "./backbones.ts";
import { CONTENDERS } from "./contenders.ts";
import type { ContenderTimes, Group, GroupRequest, GroupResult } from "./group-result.ts";
import { TORCH } from "./torch-steps.ts";

/**
 * Whole steps as in training: loss, gradients, clipping, AdamW and the moving average; of the head alone the batch as well. Images lie ready,
 * cropped: reading and decoding them is not timed.
 *
 * @param keys contenders, by their keys: all of `CONTENDERS`
 * @param batch the paper's
 * @param rounds in each of which every contender has a turn
 */
export async function measureSpeed({ keys = CONTENDERS, batch = 64, rounds = 8 }: Partial<Omit<GroupRequest, "group">> = {}): Promise<BenchmarkResult> {
  const request = { keys, batch, rounds };
  const groups: readonly (readonly [Group, string, GroupResult])[] = [
    ["withEncoder", "with the image encoder: two cameras, two observation steps, crops of 76 px", await oneByOne({ ...request, group: "withEncoder" })],
    ["headOnly", "the head alone, given the features of that encoder", await inProcess({ ...request, group: "headOnly" })],
  ];
  const counts = BACKBONES.map((backbone) => [backbone.key, parametersOf(backbone)] as const);
  const speeds = groups.map(([group, , { contenders }]) => [group, stepsPerSecond(contenders, ({ medianMs }) => medianMs)] as const);
  const json = {
    name: "decoupled-speed",
    ...Object.fromEntries(speeds),
    ratios: Object.fromEntries(groups.map(([group, , result]) => [group, ratiosOf(result)])),
    best: Object.fromEntries(groups.map(([group, , { contenders }]) => [group, stepsPerSecond(contenders, ({ leastMs }) => leastMs)])),
    parameters: Object.fromEntries(counts.map(([key, { counted }]) => [key, counted])),
    allParameters: Object.fromEntries(counts.map(([key, { all }]) => [key, all])),
    roofGflops: Object.fromEntries(groups.map(([group, , { roofGflops }]) => [group, rounded(roofGflops)])),
    peakGigabytes: Object.fromEntries(groups.map(([group, , { peakBytes }]) => [group, rounded(peakBytes / 1e9)])),
    batch,
    rounds,
  };
  return { json, lines: [`training steps per second, batch ${batch}, ${rounds} rounds, median (and at best)`, ...groups.flatMap(linesOf)] };
}

/** What the image encoder keeps for its gradients takes gigabytes, so there is room for one at a time, and they cannot take turns. */
async function oneByOne(request: GroupRequest): Promise<GroupResult> {
  const results: GroupResult[] = [];
  for (const key of request.keys) results.push(await inProcess({ ...request, keys: [key] }));
  return {
    contenders: results.flatMap(({ contenders }) => contenders),
    roofGflops: Math.max(...results.map(({ roofGflops }) => roofGflops)),
    peakBytes: Math.max(...results.map(({ peakBytes }) => peakBytes)),
  };
}

/** Networks and their optimizers take some 10 GB. */
function inProcess(request: GroupRequest): Promise<GroupResult> {
  return resultOf(new URL("speed-group.ts", import.meta.url), request, `decoupled: the process of ${request.group}`);
}

function stepsPerSecond(contenders: readonly ContenderTimes[], msOf: (times: ContenderTimes) => number): Record<string, number> {
  return Object.fromEntries(contenders.map((times) => [times.key, rounded(1000 / msOf(times))]));
}

/** Each over what it is compared with: ratios of steps per second. */
const RATIOS = [
  ["dpCDecoupled", "dpC"],
  ["dpMlp", "dpC"],
  ["dpMlpDecoupled", "dpC"],
  ["dpTDecoupled", "dpT"],
  ["dpC", TORCH.dpC],
  ["dpCDecoupled", TORCH.dpCDecoupled],
] as const;

function ratiosOf({ contenders }: GroupResult): Record<string, number> {
  const ms = new Map(contenders.map(({ key, medianMs }) => [key, medianMs]));
  return Object.fromEntries(
    RATIOS.flatMap(([key, base]) => {
      const [ours, theirs] = [ms.get(key), ms.get(base)];
      return ours === undefined || theirs === undefined ? [] : [[`${key}/${base}`, rounded(theirs / ours)] as const];
    }),
  );
}

function linesOf([, title, result]: readonly [Group, string, GroupResult]): string[] {
  const { contenders, roofGflops, peakBytes } = result;
  const count = (value: number): string => value.toLocaleString("en-US");
  const rate = (ms: number): string => String(rounded(1000 / ms));
  return [
    `${title} (MatMul roof ${roofGflops.toFixed(0)} GFLOP/s, ${(peakBytes / 1e9).toFixed(1)} GB)`,
    ...contenders.map(
      ({ title: name, medianMs, leastMs, parameters, frozen }) =>
        `  ${name.padEnd(22)}${rate(medianMs).padStart(8)} (${rate(leastMs)}) steps/s   ${count(parameters)} trained, ${count(frozen)} frozen`,
    ),
    ...Object.entries(ratiosOf(result)).map(([key, ratio]) => `  ${key}: ${ratio}`),
  ];
}
