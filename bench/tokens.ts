/** @file Times action tokenizers, encoding and decoding on one core: `npm run bench -- tokens`. */

import { rng } from "#engine/array";
import { fastCodec, fitCodec, fitFast, gridCodec, SCHEME_NAMES, type SchemeName } from "#action/tokens";
import { median, rounded, type Benchmark, type BenchmarkResult } from "./benchmark.ts";

const HORIZON = 16;
/** FAST is counted in actions too: a chunk of 16 is 16 actions. */
const ACTIONS = 1024 * HORIZON;
const WARMUP = 15;
const REPEATS = 41;

/** Actions per second that are asked for. */
const TARGETS: Readonly<Record<string, number>> = { spatialvla: 1_000_000, fast: 100_000 };
const SIZES: Readonly<Record<SchemeName, number>> = { rt1: 7, rt2: 8, openvla: 7, octo: 7, spatialvla: 7, planar: 2 };

interface Contender {
  readonly scheme: string;
  readonly actionSize: number;
  /** Encode and decode all `ACTIONS` once. */
  run(): void;
  readonly times: number[];
}

export const tokensBenchmark: Benchmark = {
  name: "tokens",
  summary: "action tokenizers, encoding and decoding, actions per second on one core",
  run: () => Promise.resolve(summarize(measure())),
};

function measure(): Contender[] {
  const contenders = [...SCHEME_NAMES.map(gridContender), fastContender()];
  for (let repeat = 0; repeat < WARMUP + REPEATS; repeat++) {
    for (const { run, times } of contenders) {
      const start = performance.now();
      run();
      if (repeat >= WARMUP) times.push(performance.now() - start);
    }
  }
  return contenders;
}

function gridContender(scheme: SchemeName): Contender {
  const actionSize = SIZES[scheme];
  const rows = smoothRows(ACTIONS, actionSize);
  const codec = gridCodec(fitCodec(scheme, rows, actionSize));
  const actions = Array.from({ length: ACTIONS }, (_, i) => rows.subarray(i * actionSize, (i + 1) * actionSize));
  const ids = new Int32Array(codec.slots.length);
  const decoded = new Float64Array(actionSize);
  const run = (): void => {
    for (const action of actions) {
      codec.encode(action, ids);
      codec.decode(ids, decoded);
    }
  };
  return { scheme, actionSize, run, times: [] };
}

/** FAST fitted to the first half of the chunks, timed on all. */
function fastContender(): Contender {
  const actionSize = 7;
  const size = HORIZON * actionSize;
  const rows = smoothRows(ACTIONS, actionSize);
  const chunks = Array.from({ length: ACTIONS / HORIZON }, (_, i) => rows.subarray(i * size, (i + 1) * size));
  const codec = fastCodec(fitFast(chunks.slice(0, chunks.length / 2), { horizon: HORIZON, actionSize }));
  const decoded = new Float64Array(size);
  const run = (): void => {
    for (const chunk of chunks) codec.decode(codec.encode(chunk).ids, decoded);
  };
  return { scheme: "fast", actionSize, run, times: [] };
}

/** f32[count · A] that looks like recorded motion: every dimension three slow sines and a little noise, within [-1, 1]. */
function smoothRows(count: number, actionSize: number): Float32Array {
  const random = rng(0, "bench", "tokens", actionSize);
  const waves = Array.from({ length: 3 * actionSize }, () => ({
    amplitude: 0.3 * random.uniform(),
    pace: 0.02 + 0.2 * random.uniform(),
    phase: 2 * Math.PI * random.uniform(),
  }));
  return Float32Array.from({ length: count * actionSize }, (_, i) => {
    const step = Math.floor(i / actionSize);
    const own = waves.slice(3 * (i % actionSize), 3 * (i % actionSize) + 3);
    const value = own.reduce((sum, { amplitude, pace, phase }) => sum + amplitude * Math.sin(pace * step + phase), 0.02 * random.normal());
    return Math.max(-1, Math.min(1, value));
  });
}

function summarize(contenders: readonly Contender[]): BenchmarkResult {
  const schemes = contenders.map(({ scheme, actionSize, times }) => {
    const perSecond = (milliseconds: number): number => rounded((1000 * ACTIONS) / milliseconds);
    const targetActionsPerS = TARGETS[scheme] ?? null;
    const actionsPerS = perSecond(median(times));
    const bestActionsPerS = perSecond(Math.min(...times));
    const meetsTarget = targetActionsPerS === null ? null : actionsPerS >= targetActionsPerS;
    return { scheme, actionSize, actionsPerS, bestActionsPerS, targetActionsPerS, meetsTarget };
  });
  const count = (value: number): string => value.toLocaleString("en");
  return {
    json: { name: "tokens", actions: ACTIONS, repeats: REPEATS, schemes },
    lines: schemes.map(({ scheme, actionSize, actionsPerS, bestActionsPerS, targetActionsPerS }) => {
      const asked = targetActionsPerS === null ? "" : `; asked for: ${count(targetActionsPerS)}`;
      return `${scheme}, ${actionSize}-D: median ${count(actionsPerS)} actions/s, best ${count(bestActionsPerS)}${asked}`;
    }),
  };
}
