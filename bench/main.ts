/** @file `npm run bench -- NAME [--only PART] [--preset NAME] [--workers N] [--json]`: run one benchmark; without a name, list them. */

import type { Benchmark } from "./benchmark.ts";
import { cameraBenchmark } from "./camera.ts";
import { decoupledBenchmark } from "./decoupled/index.ts";
import { dpCBenchmark } from "./dp-c.ts";
import { expertsBenchmark } from "./experts.ts";
import { fusedAdamWBenchmark } from "./fused-adamw.ts";
import { headsBenchmark } from "./heads.ts";
import { inferenceBenchmark } from "./inference.ts";
import { kinematicsBenchmark } from "./kinematics.ts";
import { memoryBenchmark } from "./memory.ts";
import { pi0Benchmark } from "./pi0/index.ts";
import { resnetBenchmark } from "./resnet.ts";
import { tokensBenchmark } from "./tokens.ts";
import { trainStepBenchmark } from "./train-step.ts";

const BENCHMARKS: readonly Benchmark[] = [
  trainStepBenchmark, dpCBenchmark, fusedAdamWBenchmark, inferenceBenchmark, headsBenchmark, memoryBenchmark, tokensBenchmark, kinematicsBenchmark,
  cameraBenchmark, expertsBenchmark, resnetBenchmark, pi0Benchmark, decoupledBenchmark,
];

async function main(argv: readonly string[]): Promise<number> {
  const { words, flags } = flagsOf(argv.filter((word) => word !== "--json"));
  const [name] = words;
  if (name === undefined) {
    for (const { name, summary } of BENCHMARKS) console.log(`${name.padEnd(14)}${summary}`);
    return 0;
  }
  const benchmark = BENCHMARKS.find((candidate) => candidate.name === name);
  if (benchmark === undefined || words.length > 1) {
    const known = BENCHMARKS.map(({ name }) => name).join(", ");
    console.error(`bench: got "${words.join(" ")}", expected one of ${known}, and --json for one line of JSON`);
    return 2;
  }
  const problem = problemOf(benchmark, flags);
  if (problem !== undefined) {
    console.error(`bench: ${problem}`);
    return 2;
  }
  const { only, preset, workers } = flags;
  const { json, lines, isIncomplete = false } = await benchmark.run({
    ...(only === undefined ? {} : { only }),
    ...(preset === undefined ? {} : { preset }),
    ...(workers === undefined ? {} : { workers: Number(workers) }),
  });
  if (argv.includes("--json")) console.log(JSON.stringify(json));
  else lines.forEach((line) => console.log(line));
  return isIncomplete ? 1 : 0;
}

const FLAGS = ["only", "preset", "workers"] as const;
type Flags = Partial<Record<(typeof FLAGS)[number], string>>;

/** The words without flags and their values, and those. */
function flagsOf(argv: readonly string[]): { readonly words: readonly string[]; readonly flags: Flags } {
  const flags: Flags = {};
  let words = argv;
  for (const flag of FLAGS) {
    const at = words.indexOf(`--${flag}`);
    if (at === -1) continue;
    flags[flag] = words[at + 1] ?? "";
    words = words.toSpliced(at, 2);
  }
  return { words, flags };
}

/** Why a benchmark can't be run like this. */
function problemOf({ name, parts, presets }: Benchmark, { only, preset, workers }: Flags): string | undefined {
  if (only !== undefined && !parts?.includes(only)) return `--only is "${only}", expected ${parts?.join(", ") ?? `none: ${name} has no parts`}`;
  if (preset !== undefined && !presets?.includes(preset)) return `--preset is "${preset}", expected ${presets?.join(", ") ?? `none: ${name} has no presets`}`;
  return workers === undefined || /^[1-9]\d?$/.test(workers) ? undefined : `--workers is "${workers}", expected a whole number from 1`;
}

process.exitCode = await main(process.argv.slice(2));
