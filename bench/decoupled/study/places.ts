/** @file Where a study keeps what it makes. */

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { StudyPreset } from "./presets.ts";

/** Told from where the command runs, so that no result holds the name of a folder of this machine. */
const ROOT = relative(process.cwd(), fileURLToPath(new URL("../../../", import.meta.url)));

export interface StudyPlaces {
  /** Demonstrations, heads and policies, which git does not keep. */
  readonly work: string;
  /** Results, line by line. */
  readonly results: string;
  /** How long the heads of stage 1 took. */
  readonly heads: string;
  /** Speed, as `--only speed` left it. */
  readonly speed: string;
  readonly report: string;
}

/** The results of the preset `full`, and speed, are kept by git; those of others stay beside the work. */
export function placesOf({ name }: StudyPreset): StudyPlaces {
  const kept = join(ROOT, "bench", "results");
  const work = join(ROOT, "runs", "decoupled");
  const out = name === "full" ? kept : join(work, name);
  return { work, results: join(out, "decoupled", "runs.jsonl"), heads: join(out, "decoupled", "heads.json"), speed: join(kept, "decoupled", "speed.json"), report: join(out, "decoupled.md") };
}
