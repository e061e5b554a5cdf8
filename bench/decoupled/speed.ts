/** @file Training steps per second of every backbone, all of it trained and over a frozen head: `npm run bench -- decoupled --only speed`. */

import { rng } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { FROM_NOTHING, openTrainer, startFrozenAtRandom, type Trainer, type TrainerConfig } from "#policy/training";
import type { ChunkSource } from "#world/data";
import { median, millisecondsOf, rounded, type BenchmarkResult } from "../benchmark.ts";
import { ACTION_SIZE, BACKBONES, FEATURES, OBS_STEPS, parametersOf, type Backbone } from "./backbones.ts";

const BATCH = 64;
const WARM_UP = 2;
const ROUNDS = 8;
/** A backbone's turn lasts at least so long in every round, so that short steps are timed as well as long ones. */
const TURN_MS = 400;

/** A network in training, and the times of its steps. */
interface Contender {
  readonly key: string;
  readonly backbone: Backbone;
  readonly trainer: Trainer;
  /** ms per step, one entry per round. */
  readonly stepMs: number[];
}

/**
 * Whole steps as in training: a batch is put together, loss and gradients are worked out, clipping, AdamW and the moving average follow.
 *
 * All networks are held at once and take turns, so that what else the machine does falls on all alike. Frozen weights are random: a step
 * takes no notice of their values. There are no images, so what is timed is the head alone, given as many features as the paper's
 * encoder gives it.
 */
export async function measureSpeed(keys: readonly string[] = BACKBONES.map(({ key }) => key)): Promise<BenchmarkResult> {
  const contenders: Contender[] = [];
  try {
    for (const backbone of BACKBONES.filter(({ key }) => keys.includes(key))) {
      contenders.push(await contender(backbone, false), await contender(backbone, true));
    }
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const { trainer, stepMs } of contenders) {
        const ms = await turnOf(trainer, round < 0 ? 0 : TURN_MS);
        if (round >= 0) stepMs.push(ms);
      }
    }
  } finally {
    for (const { trainer } of contenders) await trainer[Symbol.asyncDispose]();
  }
  return summarize(contenders);
}

async function contender(backbone: Backbone, isDecoupled: boolean): Promise<Contender> {
  const config = configOf(backbone, isDecoupled);
  const start = isDecoupled ? startFrozenAtRandom(config) : FROM_NOTHING;
  const trainer = await openTrainer({ config, rows: walks(), openSession, start });
  return { key: isDecoupled ? `${backbone.key}Decoupled` : backbone.key, backbone, trainer, stepMs: [] };
}

function configOf({ head, width, blocks, horizon }: Backbone, isDecoupled: boolean): TrainerConfig {
  return {
    head, width, blocks, horizon, seed: 0, steps: 100_000, batch: BATCH, learningRate: 1e-4, warmupSteps: 500, weightDecay: 1e-6, clipNorm: 1,
    emaDecay: 0.9999, obsSteps: OBS_STEPS, integrationSteps: 100, normalizer: "limits", freeze: isDecoupled ? "random" : "none",
  };
}

/** Mean time of a step over a turn, ms. */
async function turnOf(trainer: Trainer, atLeastMs: number): Promise<number> {
  let steps = 0;
  let ms = 0;
  do {
    ms += await millisecondsOf(async () => void (await trainer.advance()));
    steps += 1;
  } while (ms < atLeastMs);
  return ms / steps;
}

/** Random walks of as many numbers as an observation and an action have. */
function walks(): ChunkSource {
  const walk = (episode: number, size: number): Float32Array => {
    const random = rng(episode, "walk", size);
    const rows = new Float32Array(64 * size);
    for (let i = size; i < rows.length; i++) rows[i] = (rows[i - size] ?? 0) + random.normal();
    return rows;
  };
  const episodes = [0, 1, 2, 3];
  return {
    observations: episodes.map((episode) => walk(episode, FEATURES)),
    actions: episodes.map((episode) => walk(episode, ACTION_SIZE)),
    obsSize: FEATURES,
    actionSize: ACTION_SIZE,
  };
}

/** Each over what it is compared with: ratios of steps per second. */
const RATIOS = [
  ["dpCDecoupled", "dpC"],
  ["dpMlp", "dpC"],
  ["dpMlpDecoupled", "dpC"],
  ["dpTDecoupled", "dpT"],
] as const;

function summarize(contenders: readonly Contender[]): BenchmarkResult {
  const ms = Object.fromEntries(contenders.map(({ key, stepMs }) => [key, median(stepMs)]));
  const headOnly = Object.fromEntries(Object.entries(ms).map(([key, value]) => [key, rounded(1000 / value)]));
  const ratios = RATIOS.flatMap(([key, base]) => {
    const [ours, theirs] = [ms[key], ms[base]];
    return ours === undefined || theirs === undefined ? [] : [[`${key}/${base}`, rounded(theirs / ours)] as const];
  });
  const counts = BACKBONES.map((backbone) => [backbone.key, parametersOf(backbone)] as const);
  const json = {
    name: "decoupled-speed",
    headOnly,
    ratios: Object.fromEntries(ratios),
    parameters: Object.fromEntries(counts.map(([key, { counted }]) => [key, counted])),
    allParameters: Object.fromEntries(counts.map(([key, { all }]) => [key, all])),
    batch: BATCH,
    rounds: ROUNDS,
  };
  const lines = [
    `training steps per second, batch ${BATCH}, ${ROUNDS} rounds, median; heads alone, given the features of an image encoder`,
    ...contenders.map(({ key, backbone, trainer }) => {
      const { parameters, frozen } = trainer;
      const title = `${backbone.title}${key === backbone.key ? "" : ", head frozen"}`;
      return `${title.padEnd(22)}${String(headOnly[key]).padStart(8)} steps/s ${String(rounded(ms[key] ?? NaN)).padStart(8)} ms   ${count(parameters)} trained, ${count(frozen)} frozen`;
    }),
    ...ratios.map(([key, ratio]) => `${key}: ${ratio}`),
  ];
  return { json, lines };
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
