/** @file Fewer metrics, same picture. */

import type { MetricsRow } from "./types.ts";

/** A metrics row with the smoothed loss beside it. */
export interface ReportRow extends MetricsRow {
  /** Exponential moving average of the loss, with the start from zero corrected. */
  readonly smoothLoss: number;
}

/**
 * The moving average over all rows first, so that dropping rows later does not change the curve. The memory is 2 % of
 * the rows, whatever their number: the curve trails by as much of the plot's width. Rows whose loss is not finite
 * leave the average as it was.
 */
export function smoothLosses(metrics: readonly MetricsRow[]): ReportRow[] {
  const keep = Math.exp(-50 / metrics.length);
  let sum = 0;
  let weight = 0;
  return metrics.map((row) => {
    if (Number.isFinite(row.loss)) {
      sum = keep * sum + (1 - keep) * row.loss;
      weight = keep * weight + (1 - keep);
    }
    return { ...row, smoothLoss: weight === 0 ? row.loss : sum / weight };
  });
}

/** At most `limit` rows: the lowest and the highest loss of each stretch, so that spikes survive, the first and the last. */
export function downsample(rows: readonly ReportRow[], limit: number): ReportRow[] {
  if (rows.length <= limit) return [...rows];
  const kept = new Set<number>([0, rows.length - 1]);
  const stretches = Math.max(1, Math.floor((limit - kept.size) / 2));
  for (let s = 0; s < stretches; s++) {
    const from = Math.floor((s * rows.length) / stretches);
    const to = Math.floor(((s + 1) * rows.length) / stretches);
    for (const i of extremes(rows, from, to)) kept.add(i);
  }
  return [...kept].sort((a, b) => a - b).flatMap((i) => rows[i] ?? []);
}

function extremes(rows: readonly ReportRow[], from: number, to: number): [number, number] {
  const lossAt = (i: number): number => rows[i]?.loss ?? Number.NaN;
  let [low, high] = [from, from];
  for (let i = from + 1; i < to; i++) {
    if (lossAt(i) < lossAt(low)) low = i;
    // Written so that a NaN loss counts as the highest: it is the one worth seeing.
    if (!(lossAt(i) <= lossAt(high))) high = i;
  }
  return [low, high];
}
