/** @file The training curves of a run: loss, learning rate, validation score. */

import type { ReportRow } from "./downsample.ts";
import { linePlot, X_RANGE, Y_RANGE, type Series } from "./plot.ts";
import { linearScale, logScale, type Scale } from "./scale.ts";

const STEP_LABEL = "training step";

/** Loss per step, raw and smoothed, on a log axis. Undefined when no loss is positive and finite. */
export function lossPlot(rows: readonly ReportRow[]): string | undefined {
  const losses = rows.flatMap(({ loss, smoothLoss }) => [loss, smoothLoss]);
  const drawable = losses.filter((loss) => Number.isFinite(loss) && loss > 0);
  if (drawable.length === 0) return undefined;
  return linePlot({
    title: "Training loss over steps",
    x: stepScale(rows),
    y: logScale([least(drawable), most(drawable)], Y_RANGE),
    xLabel: STEP_LABEL,
    yLabel: "loss (normalized units², log)",
    series: [
      series("raw", rows, ({ loss }) => loss),
      series("smooth", rows, ({ smoothLoss }) => smoothLoss),
    ],
    hover: ["smoothLoss", "loss", "gradNorm"],
  });
}

export function learningRatePlot(rows: readonly ReportRow[]): string | undefined {
  const rates = rows.map(({ lr }) => lr).filter(Number.isFinite);
  if (rates.length === 0) return undefined;
  return linePlot({
    title: "Learning rate over steps",
    x: stepScale(rows),
    y: linearScale([0, most(rates) * 1.05 || 1], Y_RANGE, 4),
    xLabel: STEP_LABEL,
    yLabel: "learning rate",
    series: [series("smooth", rows, ({ lr }) => lr)],
    hover: ["lr"],
  });
}

/** Mean score of the evaluations made while training; undefined when there were none. */
export function validationPlot(rows: readonly ReportRow[]): string | undefined {
  const scored = rows.filter(({ evalScore }) => evalScore !== undefined);
  if (scored.length === 0) return undefined;
  return linePlot({
    title: "Mean score of evaluations during training",
    x: stepScale(rows),
    y: linearScale([0, 1], Y_RANGE),
    xLabel: STEP_LABEL,
    yLabel: "mean score (0 to 1)",
    series: [series("good", scored, ({ evalScore }) => evalScore ?? Number.NaN)],
    hover: ["evalScore"],
  });
}

function series(
  className: string,
  rows: readonly ReportRow[],
  read: (row: ReportRow) => number,
): Series {
  return { className, points: rows.map((row) => [row.step, read(row)]) };
}

function stepScale(rows: readonly ReportRow[]): Scale {
  const steps = rows.map(({ step }) => step);
  return linearScale([Math.min(0, least(steps)), most(steps)], X_RANGE);
}

// Not Math.min(...values): thousands of arguments overflow the stack on some engines.
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
