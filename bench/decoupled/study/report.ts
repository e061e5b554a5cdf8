/** @file The report of a study: a function from results to markdown. */

import { claimLines, orderingClaims } from "./ordering.ts";
import { RANGE_MARGIN, type RunConfig } from "#policy/training";
import type { HeadTimes } from "./head-times.ts";
import { isArm, OUTSIDE_MARGIN, studyRuns } from "./plan.ts";
import type { StudyPreset } from "./presets.ts";
import { isFailure, type ResultLine, type RunResult } from "./results.ts";
import { speedTable, type SpeedResult } from "./speed-result.ts";
import { imageRows, lossTable, measuredTable, otherTable, outsideText, seedTable, sharedTable, stage1Table, successRows, table } from "./tables.ts";

export interface StudyReport {
  readonly preset: StudyPreset;
  /** How many runs the study has. */
  readonly planned: number;
  readonly results: readonly ResultLine[];
  /** Of stage 1. */
  readonly heads: HeadTimes;
  readonly speed: SpeedResult | null;
  readonly command: string;
}

export function renderStudy(report: StudyReport): string {
  const { preset, speed } = report;
  const results = report.results.filter((line): line is RunResult => !isFailure(line));
  const rows = successRows(preset, results);
  const images = imageRows(results);
  const sections: readonly (readonly string[])[] = [
    ["# The decoupled recipe, measured", ...conditions(report, results)],
    ["## Success: normal against decoupled", ...paragraphs(SUCCESS), ...measuredTable(preset, rows)],
    ["## Ordering", ...paragraphs(ORDERING), ...claimLines(orderingClaims(preset, rows))],
    ["## Seeds", ...paragraphs("Every seed by itself, %."), ...seedTable(preset, rows)],
    ["## Otherwise measured", ...paragraphs(OTHERWISE), ...otherTable(preset, rows)],
    ["## Loss at the end of training", ...paragraphs(LOSS), ...lossTable(preset, rows)],
    ["## Stage 1: generated kinematics against demonstration columns", ...paragraphs(stage1Text(preset)), ...stage1Table(preset, results)],
    ["## One frozen head for all tasks of the arm", ...paragraphs(sharedText(preset)), ...sharedTable(preset, results)],
    ...(images.length === 0 ? [] : [["## Through cameras", "", ...table(["run", "success", "steps", "training", "trained"], images)]]),
    ...(speed === null ? [] : [["## Speed at the paper's sizes", ...paragraphs(speedText(speed)), ...speedTable(speed)]]),
    ...failures(report.results),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function paragraphs(text: string): string[] {
  return ["", text, ""];
}

const SUCCESS =
  "Share of episodes that were solved, %, with Wilson's 95 % interval; on push-t, as in Diffusion Policy, the mean of the episodes' largest rewards, coverage / 0.95 up to 1, %, with a " +
  "bootstrap interval. Seeds are pooled, and each was tried in episodes of its own. Intervals speak of these trained policies, not of others. Decoupled heads learned from generated kinematics on tasks of the arm, and on push-t, whose robot has no joints and " +
  "another action space, from the agent's own positions and targets. Avg is the mean over tasks, each by its own measure; steps/s is of training on one core, several trainings side by side.";

const OTHERWISE = "Where the first table has the share of episodes that were solved, the mean of their largest rewards, and the other way round, %.";

const LOSS =
  "Mean squared error of the predicted noise over the last tenth of the steps, normalized units. Both ways of a backbone see the same windows in as many steps, so a loss above the " +
  "normal one says that the conditioning pathway has not come to steer the frozen trunk in that budget, and one below it that success is lost elsewhere.";

const ORDERING =
  "What the paper finds, asked of the mean success over the tasks that are told by it; ± is twice the standard error that the episodes alone leave, and an answer whose interval " +
  "lies on both sides may be chance. One training more may differ by more.";

function stage1Text(preset: StudyPreset): string {
  return (
    `One training seed each. In distribution, a head learned from the columns of the task's own demonstrations; out of distribution, ${outsideText(preset)}. ` +
    "Tasks reach where others don't: what lies beyond the range that a head has seen, its policy clips."
  );
}

function sharedText({ tasks }: StudyPreset): string {
  const others = tasks.map(({ name }) => name).filter((name) => !isArm(name));
  const apart = others.length === 0 ? "" : ` ${others.join(", ")} has another action space, so no head of the arm can serve it.`;
  return `One head is pre-trained once and frozen; each task trains only its own conditioning pathway over it, one training seed each.${apart}`;
}

function speedText({ batch, date, machine, rounds }: SpeedResult): string {
  return `Training steps per second, batch ${batch}, median of ${rounds} rounds; with the encoder one network after the other, for memory, so that the machine may change between them; heads alone in turns (\`npm run bench -- decoupled --only speed\`, ${date}, ${machine}).`;
}

/** What was done, where and when. */
function conditions({ preset, planned, command, heads }: StudyReport, results: readonly RunResult[]): string[] {
  const { both, tasks, demonstrations, backbones, rollouts, stage1 } = preset;
  const dates = results.map(({ date }) => date).toSorted();
  const span = [...new Set([dates[0] ?? "not run yet", dates.at(-1) ?? "not run yet"])].join(" to ");
  const hours = results.reduce((sum, { trainSeconds, tryingSeconds }) => sum + trainSeconds + tryingSeconds, 0) / 3600;
  const headHours = heads.reduce((sum, { trainSeconds }) => sum + trainSeconds, 0) / 3600;
  const commits = [...new Set(results.flatMap(({ commit }) => commit ?? []))];
  const shown = tasks.map(({ name }) => `${name} ${demonstrations[name] ?? "the repository's"}`).join(", ");
  return [
    "",
    `- Command: \`${command}\`, which goes on where it was stopped.`,
    `- Date: ${span}. Machine: ${[...new Set(results.map(({ machine }) => machine))].join("; ") || "none yet"}.`,
    `- ${results.length} of ${planned} runs have a result: ${hours.toFixed(1)} hours of one core in training and rollouts, and ${headHours.toFixed(1)} in ${heads.length} heads of stage 1. Commits: ${commits.join(", ") || "not said"}.`,
    `- Steps: stage 1 ${stage1.steps ?? both.steps}; ${tasks.map(({ name, training }) => `${name} ${training?.steps ?? both.steps}`).join(", ")}, trained whole or over a frozen head alike.`,
    `- Both stages: ${both.batch} windows a step, ${both.horizon} actions a chunk${otherHorizons(tasks)}, ${both.integrationSteps} integration steps. Heads are told ${stage1.condition ?? "joints"}.`,
    ...trainingLines(preset),
    `- Trunks: ${backbones.map(({ title, width, blocks }) => `${title} ${width} × ${blocks}`).join(", ")} (width × blocks).`,
    `- Seeds: ${tasks.map(({ name, seeds }) => `${name} ${seeds}`).join(", ")}; ${rollouts} rollouts each. Heads are pre-trained once, with seed 0.`,
    `- Demonstrations: ${shown}. Generated motion: ${stage1.episodes} episodes of ${stage1.ticks} ticks.`,
  ];
}

/** What both ways of training have in common, from the configuration of a run of every task. */
function trainingLines(preset: StudyPreset): string[] {
  const runs = studyRuns(preset);
  const configs = preset.tasks.flatMap(({ name }) => runs.find(({ task, way, demonstrations }) => task === name && way === "normal" && demonstrations.images === undefined)?.config ?? []);
  const [first] = configs;
  if (first === undefined) return [];
  const each = (of: (config: RunConfig) => unknown): string => configs.map((config) => `${config.task} ${of(config)}`).join(", ");
  const mirrored = configs.filter(({ mirror }) => mirror).map(({ task }) => task).join(", ");
  return [
    `- AdamW: peak learning rate ${first.learningRate}, weight decay ${first.weightDecay}, gradients clipped at ${first.clipNorm}, acting with a moving average of at most ${first.emaDecay}; the last checkpoint is tried.`,
    `- Observations: ${first.obsSteps} ticks, each through an MLP of so many features: ${each(({ stateFeatures }) => stateFeatures ?? "none")}. Executed of a chunk: ${each(({ executeSteps }) => executeSteps)}. Mirror images of demonstrations: ${mirrored || "none"}.`,
    `- Heads out of distribution may act ${OUTSIDE_MARGIN} of their normalized units beyond what they have seen; others ${RANGE_MARGIN}.`,
  ];
}

/** Tasks whose chunks are not the preset's. */
function otherHorizons(tasks: StudyPreset["tasks"]): string {
  return tasks.flatMap(({ name, horizon }) => (horizon === undefined ? [] : [` (${name} ${horizon})`])).join("");
}

function failures(lines: readonly ResultLine[]): string[][] {
  const failed = lines.filter(isFailure);
  return failed.length === 0 ? [] : [["## Not made", "", ...failed.map(({ key, failure }) => `- \`${key}\`: ${failure}`)]];
}
