/** @file The top of the report: what ran, and the numbers that matter. */

import { countText, durationText, groupDigits, percentText } from "./format.ts";
import { escapeHtml } from "./html.ts";
import type { RunReport } from "./types.ts";

export function header(report: RunReport): string {
  const { run, task, head, command, seed, parameters } = report;
  const facts = [
    ["task", task],
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

function scores(evaluation: NonNullable<RunReport["evaluation"]>): string[] {
  const { episodes, meanScore, meanScoreInterval, inferenceMsMedian, inferenceMsP99 } = evaluation;
  const [low, high] = meanScoreInterval;
  const interval = `95 % interval ${low.toFixed(3)} – ${high.toFixed(3)}`;
  return [
    tile("mean score", meanScore.toFixed(3), `${interval}, ${episodes} episodes`, "main"),
    successTile(evaluation),
    tile("inference", `${inferenceMsMedian.toFixed(2)} ms`, `median per chunk; 99th percentile ${inferenceMsP99.toFixed(2)} ms`),
  ];
}

/** The three thresholds side by side: they are one curve read at three places. */
function successTile({ success80, success90, success95 }: NonNullable<RunReport["evaluation"]>): string {
  const shares = [
    ["above 0.80", success80],
    ["above 0.90", success90],
    ["above 0.95", success95],
  ] as const;
  const columns = shares.map(([name, share]) => `<span><b>${percentText(share)}</b><small>${name}</small></span>`);
  return `<div class="tile success"><i>episodes by best coverage</i><div class="shares">${columns.join("")}</div></div>`;
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
