/** @file The decoupled recipe, measured: speed at the paper's sizes, success at small ones, and a report of both. */

import { availableParallelism } from "node:os";
import { dirname, relative } from "node:path";
import { makeFolders, writeFileAtomic } from "#world/data/node";
import type { Benchmark, BenchmarkResult } from "../benchmark.ts";
import { measureSpeed } from "./speed.ts";
import { keepHeadTimes, readHeadTimes } from "./study/head-times.ts";
import { resultsOf } from "./study/jobs.ts";
import { machineName } from "./study/machine.ts";
import { placesOf } from "./study/places.ts";
import { studyRuns } from "./study/plan.ts";
import { STUDY_PRESETS, studyPreset, type StudyPreset } from "./study/presets.ts";
import { renderStudy } from "./study/report.ts";
import { isFailure, readResults } from "./study/results.ts";
import { readSpeed } from "./study/speed-result.ts";
import { runStudy } from "./study/study.ts";

export const decoupledBenchmark: Benchmark = {
  name: "decoupled",
  summary: "the decoupled recipe: --only speed, at the paper's sizes, needs 12 GB of memory; --only study, hours; --only report",
  parts: ["speed", "study", "report"],
  presets: STUDY_PRESETS.map(({ name }) => name),
  async run({ only, preset: name = "full", workers = availableParallelism() }) {
    const preset = studyPreset(name);
    // The paper's sizes are no part of a preset that only shows that everything works.
    const isAsked = only === "speed" || (only === undefined && preset.name === "full");
    const speed = isAsked ? await keptSpeed(preset) : undefined;
    if (only === "speed" && speed !== undefined) return speed;
    if (only !== "report") await study(preset, workers);
    const report = await writeReport(preset);
    return { ...report, json: { ...report.json, ...(speed && { speed: speed.json }) }, lines: [...(speed?.lines ?? []), ...report.lines] };
  },
};

async function keptSpeed(preset: StudyPreset): Promise<BenchmarkResult> {
  const speed = await measureSpeed();
  const kept = { date: new Date().toISOString().slice(0, 10), machine: machineName(), ...speed.json };
  await write(placesOf(preset).speed, `${JSON.stringify(kept)}\n`);
  return speed;
}

/** Progress goes to stderr, so that `--json` stays one line. */
async function study(preset: StudyPreset, workers: number): Promise<void> {
  await runStudy(studyRuns(preset), { places: placesOf(preset), workers, command: commandOf(preset), onLine: (line) => console.error(line) });
}

async function writeReport(preset: StudyPreset): Promise<BenchmarkResult> {
  const places = placesOf(preset);
  const runs = studyRuns(preset);
  const results = resultsOf(runs, await readResults(places.results));
  const heads = await readHeadTimes(runs, places);
  if (heads.length > 0) await keepHeadTimes(heads, places);
  const text = renderStudy({ preset, planned: runs.length, results, heads, speed: await readSpeed(places.speed), command: commandOf(preset) });
  await write(places.report, text);
  const failed = results.filter(isFailure).length;
  const report = relative(process.cwd(), places.report);
  const json = { name: "decoupled", preset: preset.name, runs: runs.length, done: results.length - failed, failed, report };
  return { json, lines: [text.trimEnd(), "", `report: ${report}`], isIncomplete: failed > 0 };
}

function commandOf({ name }: StudyPreset): string {
  return `npm run bench -- decoupled --only study${name === "full" ? "" : ` --preset ${name}`}`;
}

async function write(path: string, text: string): Promise<void> {
  await makeFolders(dirname(path));
  await writeFileAtomic(path, text);
}
