/** @file A trainer holds the state of a run in memory and advances it one step at a time. */

import { fitFastToEpisodes } from "#action/tokens";
import { sizeOf, type HostTensor } from "#engine/array";
import { initializeParameter, type NamedSpec } from "#engine/nn";
import { fusedAdamW, parameterArena, powerEma, startEma, warmupCosine, type ParameterArena } from "#engine/optim";
import type { HostTensors, OpenSession } from "#engine/runtime";
import {
  policyHead,
  isTrained,
  policyNetwork,
  policyParameters,
  valuesOfHead,
  type TokenizerSpec,
  type PolicyNetwork,
  type PolicyNormalizers,
} from "#policy/policies";
import { normalize } from "#world/data";
import { fitNormalizers, trainingBatches } from "./batches.ts";
import type { TrainerConfig } from "./config.ts";
import { FROM_NOTHING, type Kept, type TrainingStart } from "./head-start.ts";
import { knownScaling } from "./known-scaling.ts";
import { named, openLesson, trainingSessions, type Lesson } from "./lesson.ts";
import { demandOneNetwork, mixtureShares, sourceTurns, type MixturePart, type MixtureSource } from "./mixture.ts";
import { brokenState, firstNonFiniteName, NonFiniteError } from "./non-finite.ts";
import { policySpecOf } from "./perception.ts";
import type { Provenance } from "./provenance.ts";
import type { TrainingRows } from "./training-rows.ts";

/** What one step reports. */
export interface StepMetrics {
  /** Steps done, this one included. */
  readonly step: number;
  readonly loss: number;
  /** What the head reports beside its loss, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Learning rate of the step. */
  readonly lr: number;
  /** Global norm of the gradients, before clipping. */
  readonly gradNorm: number;
}

/** A run in memory. Owns a session: close it, or hold it with `await using`. */
export interface Trainer extends AsyncDisposable {
  readonly network: PolicyNetwork;
  readonly normalizers: PolicyNormalizers;
  /** Windows in the training data, of all sources. */
  readonly windows: number;
  /** What else is learned from, by name: how much, and behind which scaling. */
  readonly mixture: Readonly<Record<string, MixtureSource>>;
  /** Trained numbers. */
  readonly parameters: number;
  /** Numbers that stay as they are. */
  readonly frozen: number;
  /** Where its weights come from; null when all were drawn and trained in one stage. */
  readonly provenance: Provenance | null;
  /** Steps done. */
  readonly step: number;
  /**
   * Do one step.
   *
   * Loss and gradients are looked at in every step, the state only when they are bad: an update that overflowed is
   * found in the step after it, and `state()` is to be checked before it is saved.
   *
   * @throws NonFiniteError, with everything left as it was before the step
   */
  advance(): Promise<StepMetrics>;
  /**
   * Views of the live state, `params/…`, `ema/…`, `m/…`, `v/…`, of a frozen parameter `ema/…` alone: copy or encode them before the
   * next step.
   */
  state(): Record<string, HostTensor<"f32">>;
  /** Which parameters have a tensor under this prefix of the state. */
  keeps(prefix: string): (spec: Pick<NamedSpec, "role">) => boolean;
  /** Continue from a saved state. */
  restore(step: number, state: HostTensors): void;
}

export interface TrainerOptions {
  readonly config: TrainerConfig;
  /** Rows in physical units, as `trainingRows` gives them. */
  readonly rows: TrainingRows;
  readonly openSession: OpenSession;
  /** Default: everything is drawn and trained. */
  readonly start?: TrainingStart;
  /** First action of a chunk, as in `ChunkOptions`. Default 0. */
  readonly actionStart?: number;
  /** More sources, each with rows and scaling of its own, that the same weights learn from: a step learns from one of all, drawn by `mixtureShares`. */
  readonly mixture?: readonly MixturePart[];
}

const AVERAGES = "ema/";

/** Where the sections of a saved state lie in the arena. */
const SECTIONS = { "params/": "params", [AVERAGES]: "ema", "m/": "firstMoments", "v/": "secondMoments" } as const;

/** What stands before a parameter's path, by section of the state. */
export const STATE_PREFIXES: readonly string[] = Object.keys(SECTIONS);

interface Untrained {
  readonly network: PolicyNetwork;
  readonly normalizers: PolicyNormalizers;
}

/** A network, and the rows it learns from behind their scaling. */
interface Learner extends Untrained {
  readonly rows: TrainingRows;
}

/** What a configuration makes of the data before it learns from them: normalizers, a tokenizer for a head of tokens, the network. */
export function untrainedPolicy(config: TrainerConfig, rows: TrainingRows, kept: Kept = {}): Untrained {
  const { observation, action } = kept;
  const fitted = observation !== undefined && action !== undefined ? { observation, action } : fitNormalizers(rows, config.normalizer);
  const normalizers = { observation: observation ?? fitted.observation, action: action ?? fitted.action };
  const codec = kept.codec === undefined ? fitCodec(config, rows, normalizers) : kept.codec;
  const points = Object.hasOwn(kept, "points") ? kept.points : rows.pointing?.points;
  return { network: policyNetwork(policySpecOf(config, { ...rows, codec, points, relativeActions: rows.relative?.dimensions })), normalizers };
}

/**
 * Build the training graph of a configuration and put initial weights in place.
 *
 * What the start freezes keeps its values to the bit, as does its average, and has neither gradient nor moments.
 */
export async function openTrainer(options: TrainerOptions): Promise<Trainer> {
  const { config, rows, openSession, start = FROM_NOTHING, actionStart = 0, mixture = [] } = options;
  const { network, normalizers } = untrainedPolicy(config, rows, start.kept);
  const isTrainable = (spec: Pick<NamedSpec, "role">): boolean => isTrained(spec, start.freezing);
  const arena = parameterArena(policyParameters(network).map((spec) => ({ ...spec, trainable: isTrainable(spec) })), { ema: true });
  fillArena(arena, network, { seed: config.seed, start });

  const learners: readonly Learner[] = [{ network, normalizers, rows }, ...mixture.map((part) => learnerOf(part, network, start.kept))];
  const sessions = trainingSessions({ batch: config.batch, isTrainable, openSession });
  const lessons: Lesson[] = [];
  try {
    for (const learner of learners) {
      const batches = trainingBatches(learner.network, learner.rows, learner.normalizers, { ...config, actionStart });
      lessons.push(openLesson({ network: learner.network, batches, arena, graph: await sessions.of(learner.network) }));
    }
  } catch (error) {
    await sessions.close(); // of the sources before
    throw error;
  }
  const turns = sourceTurns(mixtureShares(lessons.map(({ windows }) => windows)), config.seed);
  const update = optimizer(arena, config);
  let done = 0;

  return {
    network,
    normalizers,
    windows: lessons.reduce((total, { windows }) => total + windows, 0),
    mixture: Object.fromEntries(mixture.map(({ name }, i) => [name, sourceOf(learners[i + 1] as Learner, lessons[i + 1] as Lesson)])), // there is one for every part
    ...countOf(network, isTrainable),
    provenance: start.provenance,
    get step() {
      return done;
    },
    async advance() {
      const { source, turn } = turns.of(done);
      const lesson = lessons[source] as Lesson; // there is one for every share
      const loss = await lesson.run(turn);
      // The update refuses gradients that are not finite; a loss that is not must not reach it.
      const { lr, gradNorm, finite } = Number.isFinite(loss) ? update(done) : NOT_FINITE;
      if (!finite) {
        const broken = firstNonFiniteName(arenaState(network, arena));
        if (broken !== undefined) throw brokenState(done, broken);
        throw new NonFiniteError(done + 1, `the loss or a gradient is not finite; the first bad tensor is ${await lesson.culprit()}`);
      }
      done += 1;
      return { step: done, loss, metrics: lesson.metrics(), lr, gradNorm };
    },
    state: () => arenaState(network, arena),
    keeps: (prefix) => (prefix === AVERAGES ? () => true : isTrainable),
    restore(step, state) {
      for (const [name, tensor] of Object.entries(arenaState(network, arena))) {
        tensor.data.set((state[name] as HostTensor<"f32">).data);
      }
      done = step;
    },
    [Symbol.asyncDispose]: () => sessions.close(),
  };
}

/** What was written in tokens goes on in the same ones; scaling is each source's own, and what was learned before is scaled as it was. */
function learnerOf({ name, config, rows }: MixturePart, first: PolicyNetwork, { codec, mixture = {} }: Kept): Learner {
  const learner = untrainedPolicy(config, rows, { ...knownScaling(mixture, name, rows), ...(codec === undefined ? {} : { codec }), points: first.spec.points });
  demandOneNetwork(first, learner.network, name);
  return { ...learner, rows };
}

function sourceOf({ network: { spec: { obsSize, actionSize, relativeActions, vision } }, normalizers }: Learner, { windows }: Lesson): MixtureSource {
  return { windows, normalizers, spec: { obsSize, actionSize, ...(relativeActions && { relativeActions }), ...(vision && { vision }) } };
}

function countOf(network: PolicyNetwork, isTrainable: (spec: NamedSpec) => boolean): Pick<Trainer, "parameters" | "frozen"> {
  const numbers = (specs: readonly NamedSpec[]): number => specs.reduce((total, { shape }) => total + sizeOf(shape), 0);
  const specs = policyParameters(network);
  return { parameters: numbers(specs.filter(isTrainable)), frozen: numbers(specs.filter((spec) => !isTrainable(spec))) };
}

/** The tokenizer of a head of tokens, or of a trunk that writes actions besides, fitted to the normalized actions. */
function fitCodec(config: TrainerConfig, rows: TrainingRows, { action }: PolicyNormalizers): TokenizerSpec | null {
  const fit = config.tokenWeight === undefined ? policyHead(config.head).fitCodec : fitFastToEpisodes;
  if (fit === undefined) return null;
  const { actionSize } = rows;
  const episodes = rows.actions.map((actions) => normalize(action, actions));
  return fit(episodes, { horizon: config.horizon, actionSize });
}

const NOT_FINITE = { lr: NaN, gradNorm: NaN, finite: false };

/**
 * AdamW, clipping and the moving average in one pass over the arena.
 *
 * Rates are taken at steps counted from 1, so warm-up begins above 0 and the cosine reaches exactly 0 in the very
 * last step: that step moves the averages and the moments, and leaves the weights.
 */
function optimizer(arena: ParameterArena, config: TrainerConfig) {
  const rate = warmupCosine({ peak: config.learningRate, warmupSteps: config.warmupSteps, totalSteps: config.steps });
  const decay = powerEma({ max: config.emaDecay });
  const adamW = fusedAdamW(arena, { weightDecay: config.weightDecay, clipNorm: config.clipNorm });
  return (done: number) => {
    const lr = rate(done + 1);
    return { lr, ...adamW.step({ lr, step: done + 1, emaDecay: decay(done) }) };
  };
}

/** Draws go straight to where they are kept: a large network is not held twice. */
function fillArena(arena: ParameterArena, network: PolicyNetwork, { seed, start }: { readonly seed: number; readonly start: TrainingStart }): void {
  const { headWeights, policyWeights, source } = start;
  const taken: Readonly<Record<string, HostTensor>> = policyWeights ?? (headWeights === null ? {} : valuesOfHead(network, headWeights, source));
  for (const spec of policyParameters(network)) {
    const values = arena.params.get(spec.name);
    if (values === undefined) continue;
    const value = taken[spec.name];
    if (value === undefined) initializeParameter(spec, seed, values);
    else values.set(value.data as Float32Array); // weights are f32
  }
  startEma(arena);
}

/** A frozen parameter is its own average, and saved as that. */
function arenaState(network: PolicyNetwork, arena: ParameterArena): Record<string, HostTensor<"f32">> {
  const trained = new Map([...arena.params].filter(([name]) => arena.gradients.has(name)));
  const arrays = { ...arena, params: trained };
  return Object.assign({}, ...Object.entries(SECTIONS).map(([prefix, section]) => named(network, arrays[section], prefix)));
}
