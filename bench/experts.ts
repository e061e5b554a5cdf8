/** @file How often the arm's scripted experts succeed, over 100 seeds each: `npm run bench -- experts`. */

import { ARM_TASKS, demonstrateArm, makeEnvironment } from "#world/sim";
import { rounded, type Benchmark, type BenchmarkResult } from "./benchmark.ts";

const SEEDS = 100;
/** Share of episodes an expert must solve. */
const TARGET = 0.95;

interface ExpertResult {
  readonly task: string;
  readonly success: number;
  readonly brokenSimulations: number;
  /** Mean length, ticks at 20 Hz. */
  readonly ticks: number;
  readonly modes: Readonly<Record<string, number>>;
  readonly episodesPerSecond: number;
  readonly target: number;
}

export const expertsBenchmark: Benchmark = {
  name: "experts",
  summary: `the arm's scripted experts: success over ${SEEDS} seeds, and episodes per second on one core`,
  async run() {
    const results: ExpertResult[] = [];
    for (const { name } of ARM_TASKS) results.push(await measure(name));
    return summarize(results);
  },
};

async function measure(task: string): Promise<ExpertResult> {
  const environment = await makeEnvironment(task);
  const start = performance.now();
  const shown = Array.from({ length: SEEDS }, (_, seed) => demonstrateArm(environment, seed));
  const seconds = (performance.now() - start) / 1000;
  environment.close();
  return {
    task,
    success: shown.filter(({ success }) => success).length / SEEDS,
    brokenSimulations: shown.filter(({ failure }) => failure !== null).length,
    ticks: shown.reduce((sum, { length }) => sum + length, 0) / SEEDS,
    modes: Object.fromEntries(environment.modes.map((name, mode) => [name, shown.filter((each) => each.mode === mode).length])),
    episodesPerSecond: rounded(SEEDS / seconds),
    target: TARGET,
  };
}

function summarize(results: readonly ExpertResult[]): BenchmarkResult {
  const lines = results.map(({ task, success, brokenSimulations, ticks, modes, episodesPerSecond }) => {
    const ways = Object.entries(modes).map(([name, count]) => `${name} ${count}`);
    const broken = brokenSimulations === 0 ? "" : `, ${brokenSimulations} broken simulations`;
    return `${task.padEnd(12)}${(100 * success).toFixed(0).padStart(3)} %  ${ticks.toFixed(0).padStart(4)} ticks  ${episodesPerSecond.toFixed(1).padStart(5)} episodes/s  ${ways.join(", ")}${broken}`;
  });
  return { json: { name: "experts", seeds: SEEDS, results }, lines: [...lines, `asked for: ${100 * TARGET} % over ${SEEDS} seeds`] };
}
