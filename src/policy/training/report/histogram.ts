/** @file How the episode scores are spread. */

import { barPlot, X_RANGE, Y_RANGE, type Bar } from "./plot.ts";
import { linearScale } from "./scale.ts";

const BINS = 20;

/** Episodes per score, in twenty bins over [0, 1]; a score of 1 falls in the last. */
export function scoreHistogram(scores: readonly number[]): string | undefined {
  if (scores.length === 0) return undefined;
  const counts = countPerBin(scores);
  const bars = counts.map((count, bin): Bar => {
    const [from, to] = [bin / BINS, (bin + 1) / BINS];
    const episodes = count === 1 ? "1 episode" : `${count} episodes`;
    return {
      from,
      to,
      height: count,
      className: "count",
      label: `score ${from.toFixed(2)} to ${to.toFixed(2)}: ${episodes}`,
    };
  });
  return barPlot({
    title: "Histogram of episode scores",
    x: linearScale([0, 1], X_RANGE),
    y: countScale(Math.max(...counts)),
    xLabel: "episode score (0 to 1)",
    yLabel: "episodes",
    bars,
  });
}

export function countPerBin(scores: readonly number[]): number[] {
  const counts = Array.from({ length: BINS }, () => 0);
  for (const score of scores) {
    // A hair upward, so that 0.15 · 20 = 2.9999999999999996 lands in its own bin.
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(score * BINS + 1e-9)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

function countScale(highest: number): ReturnType<typeof linearScale> {
  const scale = linearScale([0, Math.max(1, highest * 1.08)], Y_RANGE, 4);
  // Episodes are counted in whole numbers.
  return { ...scale, ticks: scale.ticks.filter(Number.isInteger) };
}
