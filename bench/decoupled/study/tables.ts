/** @file The tables of the report on success, each a function of results: rows as in the paper, tasks as columns. */

import { KINEMATICS } from "#policy/training";
import { isArm, usualStage1 } from "./plan.ts";
import { pooled, together, type Choice, type Pooled } from "./pooled.ts";
import type { Measure, StudyPreset } from "./presets.ts";
import type { RunResult, Way } from "./results.ts";

/** A table of markdown. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), `|${header.map((_, i) => (i === 0 ? "---|" : "---:|")).join("")}`, ...rows.map(line)];
}

const NONE = "–";

export function points(share: number): string {
  return (100 * share).toFixed(1);
}

/** `84.0 [75, 90]`, %. */
function measuredCell(cell: Pooled | null, measure: Measure = "success"): string {
  if (cell === null) return NONE;
  const { value, interval } = cell[measure];
  const [low, high] = interval.map((end) => (100 * end).toFixed(0));
  return `${points(value)} [${low}, ${high}]`;
}

/** Mean over tasks, each by its own measure, the share solved where none is said; only of a whole row. */
function averageCell(cells: readonly (Pooled | null)[], measures: readonly Measure[] = []): string {
  const values = cells.flatMap((cell, i) => (cell === null ? [] : [cell[measures[i] ?? "success"].value]));
  return values.length < cells.length || cells.length === 0 ? NONE : points(values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** As the tasks of a preset. */
export function measuresOf({ tasks }: StudyPreset): Measure[] {
  return tasks.map(({ measure }) => measure ?? "success");
}

/** A backbone trained in one way. */
export interface SuccessRow {
  readonly title: string;
  readonly backbone: string;
  readonly way: Way;
  /** As the tasks of the preset. */
  readonly cells: readonly (Pooled | null)[];
}

const WAYS: Readonly<Record<Way, string>> = { normal: "normal", decoupled: "decoupled", random: "random frozen" };

/** Normal, decoupled, and frozen at random where that is done. */
export function successRows(preset: StudyPreset, results: readonly RunResult[]): SuccessRow[] {
  return preset.backbones.flatMap(({ key, title }) => {
    const ways: readonly Way[] = preset.random.includes(key) ? ["normal", "decoupled", "random"] : ["normal", "decoupled"];
    return ways.map((way) => ({
      title: `${title}, ${WAYS[way]}`,
      backbone: key,
      way,
      cells: preset.tasks.map(({ name }) => pooled(results, { task: name, backbone: key, way, stage1: way === "decoupled" ? usualStage1(name).join("+") : null })),
    }));
  });
}

/** Every task by its own measure. */
export function measuredTable(preset: StudyPreset, rows: readonly SuccessRow[]): string[] {
  const measures = measuresOf(preset);
  return table(
    ["", ...preset.tasks.map(({ name }, i) => `${name}${measures[i] === "score" ? ", score" : ""}`), "Avg", "steps/s", "trained"],
    rows.map(({ title, cells }) => {
      const there = cells.flatMap((cell) => (cell === null ? [] : [cell]));
      const speed = there.length === 0 ? NONE : (there.reduce((sum, { stepsPerSecond }) => sum + stepsPerSecond, 0) / there.length).toFixed(1);
      const trained = there.length === 0 ? NONE : Math.max(...there.map(({ parameters }) => parameters)).toLocaleString("en-US");
      return [title, ...cells.map((cell, i) => measuredCell(cell, measures[i])), averageCell(cells, measures), speed, trained];
    }),
  );
}

/** Every task by the measure that is not its own. */
export function otherTable(preset: StudyPreset, rows: readonly SuccessRow[]): string[] {
  const others = measuresOf(preset).map((measure): Measure => (measure === "score" ? "success" : "score"));
  return table(
    ["", ...preset.tasks.map(({ name }, i) => `${name}, ${others[i] === "score" ? "score" : "solved"}`)],
    rows.map(({ title, cells }) => [title, ...cells.map((cell, i) => measuredCell(cell, others[i]))]),
  );
}

/** How well each has learned what it was shown, whatever came of it. */
export function lossTable(preset: StudyPreset, rows: readonly SuccessRow[]): string[] {
  const loss = (cell: Pooled | null): string => cell?.finalLoss?.toFixed(4) ?? NONE;
  return table(["", ...preset.tasks.map(({ name }) => name)], rows.map(({ title, cells }) => [title, ...cells.map(loss)]));
}

/** Of the tasks with several seeds. */
export function seedTable(preset: StudyPreset, rows: readonly SuccessRow[]): string[] {
  const chosen = preset.tasks.flatMap(({ name, seeds }, i) => (seeds > 1 ? [{ name, i }] : []));
  const measures = measuresOf(preset);
  const seeds = (i: number, cell: Pooled | null | undefined): string => cell?.[measures[i] ?? "success"].bySeed.map(points).join(" / ") ?? NONE;
  return table(["", ...chosen.map(({ name }) => name)], rows.map(({ title, cells }) => [title, ...chosen.map(({ i }) => seeds(i, cells[i]))]));
}

/** One row of choices, one for each task. */
function choiceRow(results: readonly RunResult[], title: string, choices: readonly Choice[]): string[] {
  const cells = choices.map((choice) => pooled(results, { ...choice, seed: 0 }));
  return [title, ...cells.map((cell) => measuredCell(cell)), averageCell(cells)];
}

/** Where the head's stage 1 comes from. */
export function stage1Table(preset: StudyPreset, results: readonly RunResult[]): string[] {
  const tasks = preset.tasks.map(({ name }) => name).filter((name) => preset.outside[name] !== undefined);
  const rows = preset.backbones.filter(({ key }) => preset.compared.includes(key)).flatMap(({ key, title }) => {
    const row = (text: string, way: Way, stage1Of: (task: string) => string | null): string[] =>
      choiceRow(results, `${title}, ${text}`, tasks.map((task) => ({ task, backbone: key, way, stage1: stage1Of(task) })));
    return [
      row("normal", "normal", () => null),
      row("in distribution: the task's own columns", "decoupled", (task) => task),
      row("out of distribution: columns of other tasks", "decoupled", (task) => preset.outside[task]?.join("+") ?? null),
      row("generated kinematics", "decoupled", () => KINEMATICS),
    ];
  });
  return table(["", ...tasks, "Avg"], rows);
}

export function outsideText({ outside }: StudyPreset): string {
  return Object.entries(outside).map(([task, others]) => `for ${task} from ${others.join(" and ")}`).join(", ");
}

/** One head for all tasks of the arm, against each task's own training. */
export function sharedTable(preset: StudyPreset, results: readonly RunResult[]): string[] {
  const tasks = preset.tasks.map(({ name }) => name).filter(isArm);
  const row = (text: string, way: Way, stage1: string | null): string[] =>
    choiceRow(results, text, tasks.map((task) => ({ task, backbone: preset.shared, way, stage1 })));
  return table(["", ...tasks, "Avg"], [
    row("each task by itself, normal", "normal", null),
    row("one frozen head, generated kinematics", "decoupled", KINEMATICS),
    row(`one frozen head, columns of ${tasks.join(", ")}`, "decoupled", tasks.join("+")),
  ]);
}

/** Policies that observe through cameras, run by run; no rows where there are none. */
export function imageRows(results: readonly RunResult[]): string[][] {
  return results.filter(({ sees }) => sees).map((result) => {
    const cell = together([result]);
    return [result.key, measuredCell(cell), String(result.steps), `${(result.trainSeconds / 60).toFixed(0)} min`, result.parameters.toLocaleString("en-US")];
  });
}
