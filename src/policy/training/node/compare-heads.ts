/** @file Train heads under the same budget, evaluate them on the same episodes, and set them side by side. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { sessionsOn } from "#engine/runtime/node";
import type { OpenSession } from "#engine/runtime";
import { loadPolicy, type Policy } from "#policy/policies";
import { writeFileAtomic } from "#world/data/node";
import { stepsWithin } from "../budget.ts";
import { headResultSchema, tracedRolloutSchema, type ComparedHead, type HeadResult, type TracedRollout } from "../comparison.ts";
import { resolveConfig, runConfigSchema, sharedWidth, type RunConfig } from "../config.ts";
import { evaluatePolicy, type InferenceTime, type Rollout } from "../evaluate.ts";
import { inferenceCalls } from "../inference-calls.ts";
import { renderComparison } from "../report/index.ts";
import { summarize } from "../summarize.ts";
import { quantile } from "../summary-statistics.ts";
import { taskOf } from "../tasks.ts";
import { loadRun } from "./load-run.ts";
import { readRunFacts } from "./run-facts.ts";
import { parseJson, readRunConfig } from "./run-folder.ts";
import { readRows, trainRun } from "./train-run.ts";

/** What is the same for all heads of a comparison. */
export interface CompareRequest {
  readonly task: string;
  /** Folder of the comparison; each head has a run folder in it. */
  readonly dir: string;
  /** Wall time of training per head, s. */
  readonly budgetSeconds: number;
  readonly preset: string;
  /** Fields of the configuration that were set by hand. */
  readonly overrides: Partial<RunConfig>;
  readonly episodes: number;
  /** Episode i uses seed firstSeed + i. */
  readonly firstSeed: number;
  /** Threads of the runtime; default all cores. */
  readonly threads?: number;
  /** Folder of the dataset; undefined where the task makes it. */
  readonly datasetDir: string | undefined;
  /** The command line, for the reports. */
  readonly command: string;
  readonly signal?: AbortSignal;
}

/** Told how the work goes on. */
export interface CompareProgress {
  onHead?(head: string, facts: { readonly steps: number }): void;
  onWarning?(head: string, message: string): void;
  onStep?(head: string, step: number, loss: number): void;
  onEpisode?(head: string, done: number): void;
}

/**
 * One head of a comparison: trained for the time, or as far as its folder already holds it, then rolled out.
 *
 * A head whose results are there is not trained again, so a comparison that was stopped goes on where it stood, and
 * heads can be added to one. Times per chunk are those of this head alone; `timeHeads` measures them side by side.
 *
 * @throws RangeError when the folder holds this head under other conditions, finished or not
 */
export async function compareHead(head: string, request: CompareRequest, progress: CompareProgress = {}): Promise<ComparedHead> {
  const dir = join(request.dir, head);
  const saved = await readCompared(dir, conditionsOf(request));
  if (saved !== undefined) return saved;
  const openSession = sessionsOn(request.threads);
  const config = await trainedFor(head, dir, { request, openSession, progress });
  return evaluateHead(dir, config, { request, openSession, progress });
}

interface Context {
  readonly request: CompareRequest;
  readonly openSession: OpenSession;
  readonly progress: CompareProgress;
}

/**
 * Train within the budget; a run that is there goes on to the steps it was given.
 *
 * @throws RangeError when it was started under other conditions
 */
async function trainedFor(head: string, dir: string, { request, openSession, progress }: Context): Promise<RunConfig> {
  const { signal } = request;
  const isThere = existsSync(join(dir, "config.json"));
  if (isThere) await assertStartedUnder(dir, conditionsOf(request));
  const config = isThere ? await readRunConfig(dir) : await configWithin(head, request, openSession);
  progress.onHead?.(head, { steps: config.steps });
  await trainRun({
    dir,
    config,
    datasetDir: request.datasetDir,
    resume: isThere,
    files: { [CONDITIONS]: `${JSON.stringify(conditionsOf(request))}\n` },
    command: request.command,
    openSession,
    ...(signal === undefined ? {} : { signal }),
    onWarning: (message) => progress.onWarning?.(head, message),
    onStep: ({ step, loss }) => progress.onStep?.(head, step, loss),
  });
  return config;
}

/** The preset with as many steps as fit. One checkpoint is enough, at the end, but a long run saves some on its way. */
async function configWithin(head: string, request: CompareRequest, openSession: OpenSession): Promise<RunConfig> {
  const { preset, overrides, budgetSeconds: seconds, datasetDir, signal } = request;
  const asked = askedOf(head, request);
  const config = comparedConfig(head, request);
  const rows = await readRows(config, datasetDir);
  const steps = await stepsWithin({ config, rows, openSession, seconds, ...(signal === undefined ? {} : { signal }) });
  const logEvery = Math.max(1, Math.round(steps / 200));
  return resolveConfig(preset, {
    logEvery,
    checkpointEvery: logEvery * Math.max(1, Math.ceil(steps / (4 * logEvery))),
    keepCheckpoints: 1,
    ...asked,
    warmupSteps: Math.min(overrides.warmupSteps ?? config.warmupSteps, Math.floor(steps / 10)),
    steps,
  });
}

type Asked = Pick<CompareRequest, "task" | "preset" | "overrides">;

/** One width for all would be one for none: each network takes its share of it, as with the preset's own. */
function askedOf(head: string, { task, overrides }: Asked): Partial<RunConfig> {
  const width = overrides.width === undefined ? {} : { width: sharedWidth(head, overrides.width) };
  return { ...overrides, ...width, task, head };
}

/**
 * The configuration of a head in a comparison, before the number of its steps is known.
 *
 * @throws RangeError as `resolveConfig`
 */
export function comparedConfig(head: string, request: Asked): RunConfig {
  return resolveConfig(request.preset, askedOf(head, request));
}

async function evaluateHead(dir: string, config: RunConfig, { request, openSession, progress }: Context): Promise<ComparedHead> {
  const { episodes, firstSeed, signal } = request;
  const task = taskOf(config.task);
  await using policy = loadPolicy((await loadRun(dir)).weights, openSession);
  const rollouts = await evaluatePolicy(policy, task, {
    episodes,
    firstSeed,
    executeSteps: config.executeSteps,
    ...(signal === undefined ? {} : { signal }),
    onEpisode: (done) => progress.onEpisode?.(config.head, done),
  });
  const facts = await readRunFacts(dir);
  const summary = summarize(rollouts, task);
  const result: HeadResult = {
    head: config.head,
    success: summary.successRate,
    score: summary.meanScore,
    scoreInterval: [...summary.meanScoreInterval],
    modeShares: [...(summary.modeShares ?? [])],
    modeEntropyBits: summary.modeEntropyBits ?? null,
    jerk: summary.jerk,
    jerkUnit: summary.jerkUnit,
    ...(await timesOf(policy, config)),
    parameters: facts?.parameters ?? 0,
    steps: config.steps,
    stepsPerSecond: facts === undefined ? 0 : facts.steps / facts.trainSeconds,
    trainSeconds: facts?.trainSeconds ?? 0,
    episodes: rollouts.length,
    run: dir,
  };
  const compared = { result, rollouts: rollouts.map((rollout) => traced(rollout, config)) };
  await writeCompared(dir, compared, conditionsOf(request));
  return compared;
}

/**
 * Times per chunk of all heads, taken in turns, so that a machine that slows down does so for all of them.
 *
 * @returns the results with these times
 */
export async function timeHeads(heads: readonly ComparedHead[], request: CompareRequest): Promise<ComparedHead[]> {
  const timed = [];
  for (const compared of heads) {
    const { config, weights } = await loadRun(compared.result.run);
    const policy = loadPolicy(weights, sessionsOn(request.threads));
    timed.push({ compared, policy, call: await inferenceCalls(policy, taskOf(config.task)), times: [] as number[] });
  }
  try {
    for (let round = 0; round < TIMING_ROUNDS; round++) {
      for (const { call, times } of timed) {
        request.signal?.throwIfAborted();
        for (let i = 0; i < CALLS_PER_ROUND; i++) times.push(await call());
      }
    }
  } finally {
    for (const { policy } of timed) await policy.close();
  }
  return timed.map(({ compared, times }) => ({ ...compared, result: { ...compared.result, ...summaryOf(times) } }));
}

const TIMING_ROUNDS = 10;
const CALLS_PER_ROUND = 30;

async function timesOf(policy: Policy, config: RunConfig): Promise<InferenceTime> {
  const call = await inferenceCalls(policy, taskOf(config.task));
  const times: number[] = [];
  for (let i = 0; i < TIMING_ROUNDS * CALLS_PER_ROUND; i++) times.push(await call());
  return summaryOf(times);
}

function summaryOf(times: readonly number[]): InferenceTime {
  return { inferenceMsMedian: quantile(times, 0.5), inferenceMsP99: quantile(times, 0.99) };
}

/** The robot's way, to a thousandth of the scene's width. */
function traced({ seed, score, success, mode, states }: Rollout, config: RunConfig): TracedRollout {
  const { robot, view } = taskOf(config.task).facts.scene;
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(view.right - view.left))));
  // Plus 0: JSON knows no -0, and what is read back is to be what was written.
  const rounded = (value: number = NaN, to: number = digits): number => Number(value.toFixed(to)) + 0;
  const path = states.map((state): [number, number] => [rounded(state[robot.x]), rounded(state[robot.y])]);
  return { seed, score, success, mode, path, last: Array.from(states.at(-1) ?? [], (value) => rounded(value, 3)) };
}

/** What a head was trained and rolled out under, and what came of it. */
const RESULT = "comparison.json";
/** The same conditions, from before the first step, for a head that was stopped. */
const CONDITIONS = "conditions.json";

const conditionsSchema = z.object({
  task: z.string(),
  budgetSeconds: z.number(),
  preset: z.string(),
  overrides: runConfigSchema.partial(),
  episodes: z.number(),
  firstSeed: z.number(),
  threads: z.number().nullable(),
});
const savedSchema = z.object({
  conditions: conditionsSchema,
  result: headResultSchema,
  rollouts: z.array(tracedRolloutSchema),
});
type Conditions = z.output<typeof conditionsSchema>;

/** What must be the same for two results to stand in one table. */
function conditionsOf({ task, budgetSeconds, preset, overrides, episodes, firstSeed, threads }: CompareRequest): Conditions {
  return { task, budgetSeconds, preset, overrides, episodes, firstSeed, threads: threads ?? null };
}

async function writeCompared(dir: string, compared: ComparedHead, conditions: Conditions): Promise<void> {
  await writeFileAtomic(join(dir, RESULT), `${JSON.stringify({ conditions, ...compared })}\n`);
}

async function readCompared(dir: string, conditions: Conditions): Promise<ComparedHead | undefined> {
  const path = join(dir, RESULT);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const saved = savedSchema.safeParse(parseJson(text, path));
  if (!saved.success) throw new Error(`${path}: it is no result of a comparison; remove it, or choose another folder with --out`);
  assertSame(path, saved.data.conditions, conditions);
  return { result: { ...saved.data.result, run: dir }, rollouts: saved.data.rollouts };
}

/** A head that was started by a comparison says under which conditions; a run without them is somebody else's. */
async function assertStartedUnder(dir: string, conditions: Conditions): Promise<void> {
  const path = join(dir, CONDITIONS);
  const text = await readFile(path, "utf8").catch(() => undefined);
  const saved = text === undefined ? undefined : conditionsSchema.safeParse(parseJson(text, path));
  if (saved?.success !== true) {
    const what = text === undefined ? "is not there" : "holds no conditions of a comparison";
    throw new RangeError(`${path} ${what}, so nothing tells how the run in ${dir} was started; remove the run, or choose another folder with --out`);
  }
  assertSame(path, saved.data, conditions);
}

/** @throws RangeError naming every condition that differs */
function assertSame(path: string, saved: Conditions, asked: Conditions): void {
  const [before, now] = [saved, asked].map(({ overrides, ...rest }): Record<string, unknown> => ({ ...rest, ...overrides })) as [Flat, Flat];
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => !isDeepStrictEqual(before[key], now[key]));
  if (changed.length === 0) return;
  const word = (value: unknown): string => (value === undefined || value === null ? "by default" : String(value));
  const list = changed.map((key) => `${key} ${word(before[key])}, got ${word(now[key])}`).join("; ");
  throw new RangeError(`${path} was made under other conditions, ${list}; choose another folder with --out`);
}

type Flat = Readonly<Record<string, unknown>>;

/** Write `compare.html` and `compare.json` into the folder of the comparison; returns the path of the page. */
export async function writeComparison(heads: readonly ComparedHead[], request: CompareRequest): Promise<string> {
  const { scene, modes } = taskOf(request.task).facts;
  const { task, command, budgetSeconds, dir } = request;
  const path = join(dir, "compare.html");
  await writeFileAtomic(path, renderComparison({ task, command, budgetSeconds, scene, modes, heads }));
  const results = { ...conditionsOf(request), heads: heads.map(({ result }) => result) };
  await writeFileAtomic(join(dir, "compare.json"), `${JSON.stringify(results, null, 2)}\n`);
  return path;
}
