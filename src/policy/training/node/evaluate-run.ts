/** @file Evaluate the checkpoints of a run and write what came out beside it. */

import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { openSession } from "#engine/runtime/node";
import type { ExecutionChoice } from "#policy/control";
import { loadPolicy } from "#policy/policies";
import { writeFileAtomic } from "#world/data/node";
import type { RunConfig } from "../config.ts";
import { evaluatePolicy, inferenceTime, type InferenceTime, type Rollout } from "../evaluate.ts";
import { instructionOf, type Told } from "../lanes.ts";
import { renderReport } from "../report/index.ts";
import { summarize, type EvalSummary } from "../summarize.ts";
import { mean } from "../summary-statistics.ts";
import { taskOf } from "../tasks.ts";
import { noCheckpoint, readPolicy } from "./load-run.ts";
import { readRunFacts } from "./run-facts.ts";
import { listCheckpoints, readMetrics, readRunConfig } from "./run-folder.ts";
import { workerLanes } from "./worker-lanes.ts";

/** What is left out of the execution is a receding horizon and the run's own `executeSteps`. */
export interface EvaluateRunOptions extends Partial<ExecutionChoice> {
  readonly dir: string;
  /** The task to act at. Default the run's; of a mixture, any of its tasks, behind the scaling of its own. */
  readonly task?: string;
  /** What the policy is told, if it reads instructions. Default `"goal"`. */
  readonly told?: Told;
  readonly episodes: number;
  /** Episode i uses seed firstSeed + i. */
  readonly firstSeed: number;
  /** How many of the newest checkpoints to evaluate; scores are means over them. */
  readonly checkpoints: number;
  /** Threads that simulate, and draw what cameras see; 1 is this one. Default one for every core, and 10 episodes or more for each. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Called with the number of episodes finished, over all checkpoints. */
  readonly onEpisode?: (done: number) => void;
}

/** What `tendon eval --json` prints. Times are those of the newest checkpoint. */
export interface EvalReport extends EvalSummary, InferenceTime, Required<ExecutionChoice> {
  readonly run: string;
  readonly task: string;
  readonly told: Told;
  /** Path of the page that shows it. */
  readonly report: string;
  /** One entry per evaluated checkpoint, oldest first. */
  readonly checkpoints: readonly { readonly step: number; readonly meanScore: number }[];
}

/**
 * Roll out the newest checkpoints, write `eval.json` and `report.html`, and return the summary. Told something else than the goal, or at another task of a mixture, the files say so
 * in their names, `eval-sort-another.json`, beside those of the run's own evaluation.
 *
 * @throws Error when the run has no checkpoint, or one that is not of its configuration; RangeError unless 1 ≤ executeSteps ≤ horizon
 */
export async function evaluateRun(options: EvaluateRunOptions): Promise<EvalReport> {
  const { dir } = options;
  const config = await readRunConfig(dir);
  const { task = config.task, told = "goal" } = options;
  await demandTold(config, task, told);
  const name = fileName(config, { task, told });
  const { execution = "receding-horizon", executeSteps = config.executeSteps } = options;
  const chosen = (await listCheckpoints(dir)).slice(-options.checkpoints);
  const newest = chosen.pop();
  if (newest === undefined) throw noCheckpoint(dir, config.task);
  const older: CheckpointResult[] = [];
  const resolved = { ...options, task, told, execution, executeSteps };
  for (const checkpoint of chosen) {
    older.push(await evaluateCheckpoint(checkpoint, config, { ...resolved, done: older.length * options.episodes }));
  }
  const last = await evaluateCheckpoint(newest, config, { ...resolved, done: older.length * options.episodes });
  const results = [...older, last];
  const report: EvalReport = {
    run: dir,
    task,
    told,
    report: join(dir, `report${name}.html`),
    execution,
    executeSteps,
    ...summarize(results.flatMap(({ rollouts }) => rollouts), taskOf(task)),
    ...last.timing,
    checkpoints: results.map(({ step, rollouts }) => ({ step, meanScore: mean(rollouts.map(({ score }) => score)) })),
  };
  await writeFileAtomic(join(dir, `eval${name}.json`), evaluationJson(report, last.rollouts));
  await writeReport(dir, report, last.rollouts);
  return report;
}

async function demandTold({ head, readInstruction = false }: RunConfig, task: string, told: Told): Promise<void> {
  if (told === "goal") return;
  if (!readInstruction) throw new RangeError(`the policy is to be told ${told}, but it was trained without --read-instruction (head ${head}), and hears nothing`);
  if (told === "nothing") return;
  const environment = await taskOf(task).makeEnvironment();
  try {
    instructionOf(environment, told);
  } finally {
    environment.close();
  }
}

/** A thread takes a while to start. */
const EPISODES_PER_WORKER = 10;

function defaultWorkers(episodes: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(episodes / EPISODES_PER_WORKER)));
}

interface CheckpointResult {
  readonly step: number;
  readonly rollouts: readonly Rollout[];
  readonly timing: InferenceTime;
}

async function evaluateCheckpoint(
  { step, path }: { readonly step: number; readonly path: string },
  config: RunConfig,
  options: EvaluateRunOptions & Required<ExecutionChoice> & { readonly done: number; readonly task: string; readonly told: Told },
): Promise<CheckpointResult> {
  const { episodes, firstSeed, told, execution, executeSteps, onEpisode, signal } = options;
  const task = taskOf(options.task);
  await using policy = loadPolicy(await readPolicy(path, config, task.name), openSession);
  const { workers = defaultWorkers(episodes) } = options;
  const rollouts = await evaluatePolicy(policy, task, {
    ...(workers === 1 ? {} : { openLanes: workerLanes(workers) }),
    episodes,
    firstSeed,
    told,
    execution,
    executeSteps,
    ...(signal === undefined ? {} : { signal }),
    onEpisode: (done) => onEpisode?.(options.done + done),
  });
  return { step, rollouts, timing: await inferenceTime(policy, rollouts, task) };
}

function evaluationJson(report: EvalReport, rollouts: readonly Rollout[]): string {
  const scores = rollouts.map(({ states: _, ...facts }) => facts);
  return `${JSON.stringify({ ...report, rollouts: scores }, null, 2)}\n`;
}

/** What stands behind `eval` and `report`: the task and what was told, where they are not the usual ones. */
function fileName(config: RunConfig, { task, told }: Pick<EvalReport, "task" | "told">): string {
  return told === "goal" && task === config.task ? "" : `-${task}-${told}`;
}

/** Write `report.html`, or that of another evaluation; before any it shows the training alone. */
export async function writeReport(dir: string, report: EvalReport | null, rollouts: readonly Rollout[]): Promise<string> {
  const config = await readRunConfig(dir);
  const facts = await readRunFacts(dir);
  const { task = config.task, report: path = join(dir, "report.html") } = report ?? {};
  const { scene, modes, rateHz } = taskOf(task).facts;
  const html = renderReport({
    run: basename(resolve(dir)),
    task,
    scene,
    modes,
    rateHz,
    head: config.head,
    command: facts?.command ?? "",
    seed: config.seed,
    parameters: facts?.parameters ?? 0,
    trainSeconds: facts?.trainSeconds ?? 0,
    stepsPerSecond: facts === undefined ? 0 : facts.steps / facts.trainSeconds,
    config,
    metrics: await readMetrics(dir),
    evaluation: report,
    rollouts: rollouts.map((rollout) => ({ ...rollout, states: rollout.states.map((state) => [...state]) })),
  });
  await writeFileAtomic(path, html);
  return path;
}
