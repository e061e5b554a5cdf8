/** @file Run reports: one self-contained page per run. */

export { renderReport } from "./render.ts";
export type { MetricsRow, RolloutRecord, RunReport } from "./types.ts";
