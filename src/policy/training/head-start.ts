/** @file Where training starts from: a pre-trained head, and the checks that it serves the task. */

import type { HostTensor } from "#engine/array";
import type { Freezing, TokenizerSpec } from "#policy/policies";
import { normalize, statisticsOf, type ChunkSource, type Normalizer } from "#world/data";
import type { Checkpoint } from "./checkpoint.ts";
import type { TrainerConfig } from "./config.ts";
import { joined } from "./joined.ts";
import { knownTasks, type KnownTask } from "./known-scaling.ts";
import type { HeadProvenance, PolicyProvenance, Provenance } from "./provenance.ts";
import type { TrainingRows } from "./training-rows.ts";

/** What a trainer does not make anew. */
export interface TrainingStart {
  readonly freezing: Freezing;
  /** What is not fitted to the data, because the weights know no other. */
  readonly kept: Kept;
  /** Averaged weights of the head's own network, by path; null where all are drawn. */
  readonly headWeights: Readonly<Record<string, HostTensor>> | null;
  /** Averaged weights of the policy that training goes on from, by path. */
  readonly policyWeights: Readonly<Record<string, HostTensor>> | null;
  /** Of the head or the policy, for messages. */
  readonly source: string;
  readonly provenance: Provenance | null;
}

/** Normalizers and tokenizer of earlier weights; those left out are fitted to the data. */
export interface Kept {
  readonly action?: Normalizer;
  readonly observation?: Normalizer;
  readonly codec?: TokenizerSpec | null;
  /** How many things the prompt asks for. */
  readonly points?: number | undefined;
  /** Tasks that were learned before, by name, for those that are mixed in. */
  readonly mixture?: Readonly<Record<string, KnownTask>>;
}

/** All weights drawn, all trained. */
export const FROM_NOTHING: TrainingStart = {
  freezing: { freeze: "none", trainPositions: true },
  kept: {},
  headWeights: null,
  policyWeights: null,
  source: "",
  provenance: null,
};

/** What a configuration freezes. */
export function freezingOf({ freeze = "none", trainPositions = true }: Pick<TrainerConfig, "freeze" | "trainPositions">): Freezing {
  return { freeze, trainPositions };
}

/** Freeze a head as it is drawn: the control that shows what pre-training is worth. */
export function startFrozenAtRandom(config: TrainerConfig): TrainingStart {
  return { ...FROM_NOTHING, freezing: freezingOf(config), provenance: policyProvenance(config, null) };
}

/**
 * Start from a pre-trained head. Its action normalizer serves both stages: the frozen head knows no other units.
 *
 * @param checkpoint of `tendon pretrain-head`
 * @param rows of the task, physical units
 * @throws Error when it is no checkpoint of a pre-trained head, or was made for other sizes or actions, naming each difference
 */
export function startFromHead(checkpoint: Checkpoint, source: string, task: { readonly config: TrainerConfig; readonly rows: TrainingRows }): TrainingStart {
  const { config, rows } = task;
  const head = headProvenanceOf(checkpoint, source);
  const problems = [...sizeProblems(checkpoint, config, rows), ...meaningProblems(checkpoint, head, { config, rows }), ...rangeProblems(checkpoint.header.normalizers.action, head, { rows, margin: config.rangeMargin ?? RANGE_MARGIN })];
  if (problems.length > 0) throw new Error(`${source}: the head does not serve this task: ${problems.join("; ")}`);
  const freezing = freezingOf(config);
  return {
    ...FROM_NOTHING,
    freezing,
    kept: { action: checkpoint.header.normalizers.action },
    headWeights: freezing.freeze === "random" ? null : averagedWeights(checkpoint),
    source,
    provenance: policyProvenance(config, head),
  };
}

/** Go on from a checkpoint of the same run, which holds all that was taken over. */
export function startFromSelf({ header }: Checkpoint, config: TrainerConfig): TrainingStart {
  const { normalizers, provenance, spec } = header;
  const start = { ...FROM_NOTHING, freezing: freezingOf(config), provenance: provenance ?? null };
  if (provenance?.stage === 3) return { ...start, kept: { ...normalizers, codec: spec.codec, points: spec.points, mixture: knownTasks(header) } };
  return provenance?.stage === 2 && provenance.head !== null ? { ...start, kept: { action: normalizers.action } } : start;
}

/** @throws Error when the checkpoint is not one of a pre-trained head */
export function headProvenanceOf({ header: { provenance } }: Checkpoint, source: string): HeadProvenance {
  if (provenance?.stage === 1) return provenance;
  const what = provenance === undefined ? "was trained in one stage" : "is a policy that started from one";
  throw new Error(`${source}: the checkpoint has no provenance of stage 1: it ${what}; pre-train a head with \`tendon pretrain-head\``);
}

function policyProvenance(config: TrainerConfig, head: HeadProvenance | null): PolicyProvenance {
  return { stage: 2, ...freezingOf(config), head };
}

/** By path. */
export function averagedWeights({ tensors }: Checkpoint): Record<string, HostTensor> {
  const averaged = Object.entries(tensors).filter(([name]) => name.startsWith("ema/"));
  return Object.fromEntries(averaged.map(([name, tensor]) => [name.slice("ema/".length), tensor]));
}

/** What decides the shape of the parts that are kept. */
const SHARED_SIZES = ["head", "horizon", "width", "blocks"] as const;

function sizeProblems({ header: { spec } }: Checkpoint, config: TrainerConfig, { actionSize }: ChunkSource): string[] {
  const sizes = SHARED_SIZES.flatMap((name) => (config[name] === spec[name] ? [] : [`${name} is ${config[name]}, the head has ${spec[name]}`]));
  if (actionSize === spec.actionSize) return sizes;
  return [...sizes, `actions have ${actionSize} numbers, the head writes ${spec.actionSize}: it is of another action space`];
}

/** What no range tells: the same numbers may be velocities, in another order, at another rate, or scaled in another way. */
function meaningProblems(
  { header: { normalizers } }: Checkpoint,
  { actionNames, rateHz }: HeadProvenance,
  { config: { normalizer }, rows }: { readonly config: TrainerConfig; readonly rows: TrainingRows },
): string[] {
  const [ours, rate] = [rows.actionNames ?? null, rows.rateHz ?? null];
  return [
    ...(actionNames === null || ours === null || actionNames.join() === ours.join()
      ? [] : [`actions are ${ours.join(", ")}, the head writes ${actionNames.join(", ")}: it is of another action space`]),
    ...(rateHz === null || rate === null || rateHz === rate ? [] : [`there are ${rate} actions a second, the head has seen ${rateHz}`]),
    ...(normalizer === normalizers.action.kind ? [] : [`normalizer (--normalizer) is ${normalizer}, the head's is ${normalizers.action.kind}: one scales the actions of both stages`]),
  ];
}

/**
 * How far actions may lie beyond those the head has seen unless a configuration says otherwise, in the normalizer's units, whose range
 * is 2 for `"limits"`. A frozen head has learned nothing out there, and diffusion clips to the range.
 */
export const RANGE_MARGIN = 0.1;

interface Reach {
  readonly rows: ChunkSource;
  readonly margin: number;
}

function rangeProblems(normalizer: Normalizer, { actionRange }: HeadProvenance, { rows: { actions, actionSize }, margin }: Reach): string[] {
  if (actionSize !== normalizer.scale.length) return [];
  const { min, max } = statisticsOf(joined(actions), actionSize);
  const unit = (row: readonly number[]): Float32Array => normalize(normalizer, Float32Array.from(row));
  const [low, high, seenLow, seenHigh] = [min, max, actionRange.min, actionRange.max].map(unit);
  return min.flatMap((from, i) => {
    const isWithin = (low?.[i] ?? NaN) >= (seenLow?.[i] ?? NaN) - margin && (high?.[i] ?? NaN) <= (seenHigh?.[i] ?? NaN) + margin;
    if (isWithin) return [];
    const range = (a: number = NaN, b: number = NaN): string => `${Number(a.toPrecision(4))} to ${Number(b.toPrecision(4))}`;
    return [`action ${i} goes from ${range(from, max[i])}, the head has seen ${range(actionRange.min[i], actionRange.max[i])}, and ${margin} of its normalized units are allowed beyond (rangeMargin, --range-margin)`];
  });
}
