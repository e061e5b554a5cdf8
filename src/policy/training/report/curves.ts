/** @file The training curves of a run: loss, learning rate, and what else its metrics hold. */

import type { ReportRow } from "./downsample.ts";
import { linePlot, X_RANGE, Y_RANGE, type Series } from "./plot.ts";
import { linearScale, logScale, type Scale } from "./scale.ts";

const STEP_LABEL = "training step";

/** Below this many points the eye smooths better than an average, which would only lag behind. */
const FEWEST_SMOOTHED = 50;

export const isSmoothed = (rows: readonly ReportRow[]): boolean => rows.length >= FEWEST_SMOOTHED;

/**
 * Loss per step on a log axis: raw and, over it, smoothed; of a short run raw alone. Undefined when no loss is
 * positive and finite.
 */
export function lossPlot(rows: readonly ReportRow[]): string | undefined {
  const raw = (row: ReportRow): number => row.loss;
  const smooth = (row: ReportRow): number => row.smoothLoss;
  const drawable = rows.flatMap((row) => [row.loss, row.smoothLoss]).filter((loss) => Number.isFinite(loss) && loss > 0);
  if (drawable.length === 0) return undefined;
  return linePlot({
    title: "Training loss over steps",
    x: stepScale(rows),
    y: logScale([least(drawable), most(drawable)], Y_RANGE),
    xLabel: STEP_LABEL,
    yLabel: "loss (log)",
    series: isSmoothed(rows) ? [series("raw", rows, raw), series("main", rows, smooth)] : [series("main", rows, raw)],
    hover: isSmoothed(rows) ? ["smoothLoss", "loss", "gradNorm"] : ["loss", "gradNorm"],
  });
}

export function learningRatePlot(rows: readonly ReportRow[]): string | undefined {
  return metricPlot(rows, { name: "lr", title: "Learning rate over steps", label: "learning rate", canBeLog: false });
}

const OWN_PLOTS: ReadonlySet<string> = new Set(["step", "loss", "smoothLoss", "lr", "gradNorm"] satisfies (keyof ReportRow)[]);

/** Names of the numbers that a run logs beside those of every run, such as the parts of its loss. */
export function otherMetrics(rows: readonly ReportRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => !OWN_PLOTS.has(name));
}

/** What is near 1 in the end, where a log axis would hide what is gained. */
const SHARES: ReadonlySet<string> = new Set(["accuracy"]);

/**
 * One of them per step, on a log axis if all of it is positive and no share. In runs of more rows than a report holds, which are kept by their losses, spikes of this one alone
 * may be missing. Undefined when none is a finite number.
 */
export function otherPlot(rows: readonly ReportRow[], name: string): string | undefined {
  return metricPlot(rows, { name, title: `${name} over steps`, label: name, canBeLog: !SHARES.has(name) });
}

interface MetricPlot {
  /** Of the number in a row. */
  readonly name: string;
  readonly title: string;
  readonly label: string;
  /** Whether the axis is logarithmic where all is positive; else it begins at 0, or below where something is. */
  readonly canBeLog: boolean;
}

function metricPlot(rows: readonly ReportRow[], { name, title, label, canBeLog }: MetricPlot): string | undefined {
  const read = (row: ReportRow): number => Number(row[name] ?? NaN);
  const drawable = rows.map(read).filter(Number.isFinite);
  if (drawable.length === 0) return undefined;
  const [lowest, high] = [least(drawable), most(drawable)];
  const low = Math.min(0, lowest);
  const isLog = canBeLog && lowest > 0;
  return linePlot({
    title,
    x: stepScale(rows),
    y: isLog ? logScale([lowest, high], Y_RANGE) : linearScale([low, low + (high - low) * 1.05 || 1], Y_RANGE, 4),
    xLabel: STEP_LABEL,
    yLabel: isLog ? `${label} (log)` : label,
    series: [series("main", rows, read)],
    hover: [name],
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
