/** @file Run reports: one self-contained page per run. */

export { renderComparison, type ComparisonPage } from "./comparison-page.ts";
export { renderReport } from "./render.ts";
export type { MetricsRow, RolloutRecord, RunReport } from "./types.ts";
