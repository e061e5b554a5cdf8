/** @file A run as one page that needs nothing else: no server, no network, no other file. */

import { isSmoothed, learningRatePlot, lossPlot, otherMetrics, otherPlot } from "./curves.ts";
import { downsample, smoothLosses, type ReportRow } from "./downsample.ts";
import { gallery } from "./gallery.ts";
import { scoreHistogram } from "./histogram.ts";
import { embedJson, escapeHtml, htmlPage } from "./html.ts";
import { playerScript } from "./player.ts";
import { roundRollout } from "./round-rollout.ts";
import { STYLE } from "./style.ts";
import { configTable, header, keyNumbers } from "./summary.ts";
import type { RolloutRecord, RunReport } from "./types.ts";

/** Rows of metrics in the page; more are beyond what a plot of this width can show. */
const METRICS_LIMIT = 2000;
const DATA_ID = "report-data";

/** The text of `report.html`. Pure: the same report gives the same bytes. */
export function renderReport(report: RunReport): string {
  const metrics = downsample(smoothLosses(report.metrics), METRICS_LIMIT).map(roundRow);
  const rollouts = report.rollouts.map((rollout) => roundRollout(rollout, report.scene));
  const title = escapeHtml(`${report.run} · ${report.task} · ${report.head}`);
  const main = `${header(report)}
${keyNumbers(report)}
${plots(metrics, report.rollouts)}
<section class="panel"><h2>Rollouts</h2>${gallery({ ...report, rollouts })}</section>
${configTable(report.config)}`;
  const behind = `${embedJson(DATA_ID, { ...report, metrics, rollouts })}
<script>${playerScript(DATA_ID)}</script>
`;
  return htmlPage({ title, style: STYLE, main, behind });
}

function plots(metrics: readonly ReportRow[], rollouts: readonly RolloutRecord[]): string {
  const panels = [
    plotPanel("Loss", lossPlot(metrics), isSmoothed(metrics) ? "raw and smoothed" : ""),
    ...otherMetrics(metrics).map((name) => plotPanel(escapeHtml(name), otherPlot(metrics, name), "")),
    plotPanel("Learning rate", learningRatePlot(metrics), ""),
    plotPanel("Scores", scoreHistogram(rollouts.map(({ score }) => score)), "episodes per score"),
  ];
  return `<div class="plots">${panels.join("")}</div>`;
}

/** Nothing for a plot without data: an empty frame would say nothing. */
function plotPanel(title: string, svg: string | undefined, note: string): string {
  if (svg === undefined) return "";
  return (
    `<section class="panel"><div class="plot-head"><h2>${title}</h2>` +
    `<span class="readout">${note}</span></div>${svg}</section>`
  );
}

/** Six digits are more than any plot or reader resolves, and half the bytes. */
function roundRow(row: ReportRow): ReportRow {
  // JSON has no NaN: a loss that was not finite may have come back from disk as null.
  const entries = Object.entries<unknown>({ ...row }).map(([key, value]) => [
    key,
    typeof value === "number" ? Number(value.toPrecision(6)) : value,
  ]);
  return { ...row, ...Object.fromEntries(entries) };
}
