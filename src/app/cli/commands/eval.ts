/** @file `eval`: roll a trained policy out in simulation and report how well it does. */

import { z } from "zod";
import { EXECUTION_NAMES, type ExecutionChoice } from "#policy/control";
import { FIRST_EVALUATION_SEED, percents, TASK_NAMES, TOLD } from "#policy/training";
import { evaluateRun, listCheckpoints, readRunConfig, type EvalReport, type EvaluateRunOptions } from "#policy/training/node";
import { defineCommand, UsageError } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";
import type { CommandIo } from "../io.ts";

export const evalCommand = defineCommand({
  name: "eval",
  summary: "Roll a trained policy out in simulation and report how well it does.",
  example: "tendon eval runs/push-t-flow-mlp --episodes 50 --json",
  positionals: ["run"],
  args: z.object({
    run: z.string().min(1).describe("run folder"),
    task: z.enum(TASK_NAMES as [string, ...string[]]).describe("task to act at").optional().meta({ note: "default the run's; of a mixture, any of its tasks" }),
    told: z.enum(TOLD).default("goal").describe("what a policy that reads instructions is told: what is to be done, nothing, or that of another goal, which sort and stack have"),
    episodes: z.number().int().positive().default(50).describe("number of rollouts"),
    seed: z.number().int().nonnegative().default(FIRST_EVALUATION_SEED).describe("episode i uses seed + i"),
    checkpoints: z.number().int().positive().default(1).describe("newest checkpoints to average over"),
    execution: z.enum(EXECUTION_NAMES).default("receding-horizon").describe("how chunks become actions"),
    executeSteps: z.number().int().positive().describe("ticks from one chunk to the next").optional().meta({ note: "default the run's" }),
    workers: z.number().int().positive().describe("threads that simulate and draw").optional().meta({ note: "default one per core, and 10 episodes or more for each" }),
    json: jsonFlag,
  }),

  async run({ run, task, told, episodes, seed, checkpoints, execution, executeSteps, workers, json }, io) {
    if (executeSteps !== undefined) await assertWithinHorizon(run, executeSteps);
    const steps = executeSteps === undefined ? {} : { executeSteps };
    const threads = workers === undefined ? {} : { workers };
    const acting = task === undefined ? {} : { task };
    const report = await evaluate({ dir: run, told, ...acting, episodes, firstSeed: seed, checkpoints, execution, ...steps, ...threads }, io);
    io.out(json ? JSON.stringify(report) : formatReport(report));
  },
});

async function assertWithinHorizon(run: string, executeSteps: number): Promise<void> {
  const { horizon } = await readRunConfig(run);
  if (executeSteps > horizon) throw new UsageError(`--execute-steps is ${executeSteps}, expected at most the horizon of the run, ${horizon}`);
}

/** Evaluate with a progress bar. */
export async function evaluate(
  request: Pick<EvaluateRunOptions, "dir" | "task" | "told" | "episodes" | "firstSeed" | "checkpoints" | "workers" | keyof ExecutionChoice>,
  io: CommandIo,
): Promise<EvalReport> {
  const available = (await listCheckpoints(request.dir)).length;
  if (available > 0 && available < request.checkpoints) {
    io.note(`${request.dir} holds ${available} checkpoints; averaging over these instead of ${request.checkpoints}`);
  }
  const total = Math.min(request.checkpoints, Math.max(available, 1)) * request.episodes;
  using bar = io.progress({ label: "eval", total, unit: "episode" });
  return await evaluateRun({ ...request, signal: io.signal, onEpisode: (done) => bar.update(done) });
}

export function formatReport(report: EvalReport): string {
  const [low, high] = report.meanScoreInterval;
  const steps = report.checkpoints.map(({ step, meanScore }) => `${step}: ${meanScore.toFixed(3)}`).join(", ");
  return [
    `score      ${report.meanScore.toFixed(3)}  (95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}, ${report.episodes} episodes)`,
    `task       ${report.task}${report.told === "goal" ? "" : `, told ${report.told}`}`,
    ...outcomeLines(report),
    ...(report.brokenSimulations === undefined ? [] : [`broken     the simulation broke down in ${report.brokenSimulations} episodes, which count as failed; the evaluation's file says why`]),
    ...(report.jerk === null ? [] : [`jerk       ${Number(report.jerk.toPrecision(3))} ${report.jerkUnit} (root mean square, mean over episodes)`]),
    `inference  ${report.inferenceMsMedian.toFixed(2)} ms per chunk (median), ${report.inferenceMsP99.toFixed(2)} ms (99th percentile)`,
    `execution  ${report.execution}, a chunk every ${report.executeSteps === 1 ? "tick" : `${report.executeSteps} ticks`}`,
    `steps      ${steps}`,
    `report     ${report.report}`,
  ].join("\n");
}

/** What is counted of episodes: coverage where the task measures it, else how they came out; and the ways they took. */
function outcomeLines(report: EvalReport): string[] {
  const { success80, success90, success95, successRate, collisionRate, modes = [], modeShares, modeEntropyBits } = report;
  const coverage = [["above 0.80", success80], ["above 0.90", success90], ["above 0.95", success95]] as const;
  const outcome = [["solved", successRate], ["collided", collisionRate]] as const;
  const ways = modes.map((name, index) => [name, modeShares?.[index]] as const);
  return [
    success80 === undefined ? `episodes   ${sharesText(outcome)}` : `coverage   ${sharesText(coverage)}`,
    ...(modeEntropyBits === undefined ? [] : [`ways       ${sharesText(ways)} (${modeEntropyBits.toFixed(2)} bits)`]),
  ];
}

function sharesText(shares: readonly (readonly [name: string, share: number | undefined])[]): string {
  const there = shares.flatMap(([name, share]) => (share === undefined ? [] : [{ name, share }]));
  const texts = percents(there.map(({ share }) => share));
  return there.map(({ name }, i) => `${name}: ${texts[i]}`).join(", ");
}
