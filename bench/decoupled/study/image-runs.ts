/** @file Runs that observe through cameras, tried on the same tasks; each may take an hour, so they stand outside the presets. */

import type { StudyRun } from "./work.ts";

/** Added to the preset `full`. Their table is written once one of them has a result. */
export const IMAGE_RUNS: readonly StudyRun[] = [];
