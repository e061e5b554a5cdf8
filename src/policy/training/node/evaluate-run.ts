/** @file Evaluate the checkpoints of a run and write what came out beside it. */

import { basename, join, resolve } from "node:path";
import { openSession } from "#engine/runtime/node";
import { loadPolicy } from "#policy/policies";
import { writeFileAtomic } from "#world/data/node";
import { evaluatePolicy, inferenceTime, summarize, type EvalSummary, type Rollout } from "../evaluate.ts";
import { renderReport, type RolloutRecord } from "../report/index.ts";
import { mean } from "../summary-statistics.ts";
import { taskOf, type Task } from "../tasks.ts";
import { noCheckpoint, readPolicy } from "./load-run.ts";
import { readRunFacts } from "./run-facts.ts";
import { listCheckpoints, readMetrics, readRunConfig } from "./run-folder.ts";

export interface EvaluateRunOptions {
  readonly dir: string;
  readonly episodes: number;
  /** Episode i uses seed firstSeed + i. */
  readonly firstSeed: number;
  /** How many of the newest checkpoints to evaluate; scores are means over them. */
  readonly checkpoints: number;
  readonly signal?: AbortSignal;
  /** Called with the number of episodes finished, over all checkpoints. */
  readonly onEpisode?: (done: number) => void;
}

/** What `tendon eval --json` prints. Times are in ms, scores and shares in [0, 1]. */
export interface EvalReport extends EvalSummary {
  readonly run: string;
  readonly inferenceMsMedian: number;
  readonly inferenceMsP99: number;
  /** One entry per evaluated checkpoint, oldest first. */
  readonly checkpoints: readonly { readonly step: number; readonly meanScore: number }[];
}

/**
 * Roll out the newest checkpoints, write `eval.json` and `report.html`, and return the summary.
 *
 * @throws Error when the run has no checkpoint
 */
export async function evaluateRun(options: EvaluateRunOptions): Promise<EvalReport> {
  const { dir } = options;
  const config = await readRunConfig(dir);
  const chosen = (await listCheckpoints(dir)).slice(-options.checkpoints);
  if (chosen.length === 0) throw noCheckpoint(dir, config.task);
  const task = taskOf(config.task);
  const results = [];
  for (const [nth, checkpoint] of chosen.entries()) {
    results.push(await evaluateCheckpoint(checkpoint, task, { ...options, nth, executeSteps: config.executeSteps }));
  }
  const last = results.at(-1);
  if (last === undefined) throw new Error("evaluateRun: nothing was evaluated");
  const summary = summarize(results.flatMap(({ rollouts }) => rollouts));
  const report: EvalReport = {
    run: dir,
    ...summary,
    episodes: options.episodes,
    ...last.timing,
    checkpoints: results.map(({ step, rollouts }) => ({ step, meanScore: mean(rollouts.map(({ score }) => score)) })),
  };
  await writeResults(dir, report, last.rollouts);
  return report;
}

interface CheckpointResult {
  readonly step: number;
  readonly rollouts: Rollout[];
  readonly timing: { readonly inferenceMsMedian: number; readonly inferenceMsP99: number };
}

async function evaluateCheckpoint(
  checkpoint: { readonly step: number; readonly path: string },
  task: Task,
  options: EvaluateRunOptions & { readonly nth: number; readonly executeSteps: number },
): Promise<CheckpointResult> {
  await using policy = loadPolicy(await readPolicy(checkpoint.path), openSession);
  const { episodes, firstSeed, executeSteps, nth, onEpisode, signal } = options;
  const rollouts = await evaluatePolicy(policy, task, {
    episodes,
    firstSeed,
    executeSteps,
    ...(signal === undefined ? {} : { signal }),
    onEpisode: (done) => onEpisode?.(nth * episodes + done),
  });
  const first = rollouts[0];
  if (first === undefined) throw new Error("evaluateCheckpoint: no episode was run");
  return { step: checkpoint.step, rollouts, timing: await inferenceTime(policy, first, task) };
}

async function writeResults(dir: string, report: EvalReport, rollouts: readonly Rollout[]): Promise<void> {
  const scores = rollouts.map(({ seed, score, coverage }) => ({ seed, score, coverage }));
  await writeFileAtomic(join(dir, "eval.json"), `${JSON.stringify({ ...report, rollouts: scores }, null, 2)}\n`);
  await writeReport(dir, report, rollouts);
}

/** Write `report.html`; before any evaluation it shows the training alone. */
export async function writeReport(dir: string, report: EvalReport | null, rollouts: readonly Rollout[]): Promise<string> {
  const config = await readRunConfig(dir);
  const facts = await readRunFacts(dir);
  const path = join(dir, "report.html");
  const html = renderReport({
    run: basename(resolve(dir)),
    task: config.task,
    head: config.head,
    command: facts?.command ?? "",
    seed: config.seed,
    parameters: facts?.parameters ?? 0,
    trainSeconds: facts?.trainSeconds ?? 0,
    stepsPerSecond: facts === undefined ? 0 : facts.steps / facts.trainSeconds,
    config,
    metrics: await readMetrics(dir),
    evaluation: report,
    rollouts: rollouts.map(rounded),
  });
  await writeFileAtomic(path, html);
  return path;
}

/** A tenth of a pixel and a thousandth of a radian are finer than the drawing. */
function rounded({ seed, score, states }: Rollout): RolloutRecord {
  return {
    seed,
    score,
    states: states.map((state) => Array.from(state, (value, i) => (i === 4 ? Number(value.toFixed(3)) : Number(value.toFixed(1))))),
  };
}
