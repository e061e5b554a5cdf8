/** @file The top of the report: what ran, and the numbers that matter. */

import { countText, durationText, groupDigits, percentText } from "./format.ts";
import { escapeHtml } from "./html.ts";
import type { RunReport } from "./types.ts";

export function header(report: RunReport): string {
  const { run, task, head, command, seed, parameters, evaluation } = report;
  const facts = [
    ["task", task],
    ...(evaluation === null || evaluation.told === "goal" ? [] : [["told", evaluation.told]]),
    ["head", head],
    ["parameters", countText(parameters)],
    ["seed", String(seed)],
  ]
    .map(([name = "", value = ""]) => `<span><i>${name}</i> ${escapeHtml(value)}</span>`)
    .join("");
  return (
    `<header><div class="title"><h1>${escapeHtml(run)}</h1>` +
    `<button type="button" id="download">Download JSON</button></div>` +
    `<p class="facts">${facts}</p><pre class="command">${escapeHtml(command)}</pre></header>`
  );
}

/** One tile per question; what a run scores comes first because it is what a run is for. */
export function keyNumbers(report: RunReport): string {
  const { evaluation, stepsPerSecond, trainSeconds, metrics } = report;
  const steps = metrics.at(-1)?.step ?? 0;
  const tiles = [
    ...(evaluation === null ? [tile("mean score", "–", "not evaluated yet", "main")] : scores(evaluation)),
    tile("training", durationText(trainSeconds), `${groupDigits(steps)} steps, ${rateText(stepsPerSecond)} a second`),
  ];
  return `<section class="tiles" aria-label="Key numbers">${tiles.join("")}</section>`;
}

type Evaluation = NonNullable<RunReport["evaluation"]>;

function scores(evaluation: Evaluation): string[] {
  const { episodes, meanScore, meanScoreInterval, inferenceMsMedian, inferenceMsP99, jerk, jerkUnit, execution, executeSteps } = evaluation;
  const [low, high] = meanScoreInterval;
  const interval = `95 % interval ${low.toFixed(3)} – ${high.toFixed(3)}`;
  return [
    tile("mean score", meanScore.toFixed(3), `${interval}, ${episodes} episodes`, "main"),
    ...outcomeTiles(evaluation),
    ...(jerk === null ? [] : [tile("jerk", jerkText(jerk), `${jerkUnit}, root mean square, mean over episodes`)]),
    tile("inference", `${inferenceMsMedian.toFixed(2)} ms`, `median per chunk; 99th percentile ${inferenceMsP99.toFixed(2)} ms`),
    tile("a chunk every", ticksText(executeSteps), `executed by ${execution}`),
  ];
}

/** What is counted of episodes: coverage where the task measures it, else how they came out; and the ways they took. */
function outcomeTiles(evaluation: Evaluation): string[] {
  const { success80, success90, success95, successRate, collisionRate, modes = [], modeShares, modeEntropyBits } = evaluation;
  const coverage = [["above 0.80", success80], ["above 0.90", success90], ["above 0.95", success95]] as const;
  const outcome = [["solved", successRate], ["collided", collisionRate]] as const;
  const ways = modes.map((name, index) => [name, modeShares?.[index]] as const);
  const entropy = modeEntropyBits === undefined ? "" : `, ${modeEntropyBits.toFixed(2)} bits`;
  return [
    success80 === undefined ? sharesTile("episodes", outcome) : sharesTile("episodes by best coverage", coverage),
    sharesTile(`way taken${entropy}`, ways),
  ];
}

/** Shares of episodes side by side, in one tile; nothing when there are none. */
function sharesTile(name: string, shares: readonly (readonly [name: string, share: number | undefined])[]): string {
  const columns = shares.flatMap(([part, share]) =>
    share === undefined ? [] : [`<span><b>${percentText(share)}</b><small>${escapeHtml(part)}</small></span>`],
  );
  if (columns.length === 0) return "";
  return `<div class="tile success"><i>${escapeHtml(name)}</i><div class="shares">${columns.join("")}</div></div>`;
}

function ticksText(ticks: number): string {
  return ticks === 1 ? "tick" : `${ticks} ticks`;
}

/** Three digits, without an exponent. */
function jerkText(jerk: number): string {
  return jerk >= 100 ? groupDigits(jerk) : String(Number(jerk.toPrecision(3)));
}

/** The resolved configuration, folded away. */
export function configTable(config: RunReport["config"]): string {
  const rows = Object.entries(config).map(([key, value]) => {
    const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    return `<tr><th scope="row">${escapeHtml(key)}</th><td>${escapeHtml(text)}</td></tr>`;
  });
  if (rows.length === 0) return "";
  return `<details class="panel"><summary>Configuration</summary><table>${rows.join("")}</table></details>`;
}

function tile(name: string, value: string, note: string, className: string = ""): string {
  return (
    `<div class="tile ${className}"><i>${escapeHtml(name)}</i><b>${escapeHtml(value)}</b>` +
    `<small>${escapeHtml(note)}</small></div>`
  );
}

function rateText(perSecond: number): string {
  return perSecond >= 100 ? groupDigits(perSecond) : perSecond.toFixed(1);
}
