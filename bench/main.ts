/** @file `npm run bench -- NAME [--json]`: run one benchmark; without a name, list them. */

import type { Benchmark } from "./benchmark.ts";
import { cameraBenchmark } from "./camera.ts";
import { dpCBenchmark } from "./dp-c.ts";
import { expertsBenchmark } from "./experts.ts";
import { fusedAdamWBenchmark } from "./fused-adamw.ts";
import { headsBenchmark } from "./heads.ts";
import { inferenceBenchmark } from "./inference.ts";
import { kinematicsBenchmark } from "./kinematics.ts";
import { memoryBenchmark } from "./memory.ts";
import { resnetBenchmark } from "./resnet.ts";
import { tokensBenchmark } from "./tokens.ts";
import { trainStepBenchmark } from "./train-step.ts";

const BENCHMARKS: readonly Benchmark[] = [
  trainStepBenchmark, dpCBenchmark, fusedAdamWBenchmark, inferenceBenchmark, headsBenchmark, memoryBenchmark, tokensBenchmark, kinematicsBenchmark,
  cameraBenchmark, expertsBenchmark, resnetBenchmark,
];

async function main(argv: readonly string[]): Promise<number> {
  const words = argv.filter((word) => word !== "--json");
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
  const { json, lines } = await benchmark.run();
  if (argv.includes("--json")) console.log(JSON.stringify(json));
  else lines.forEach((line) => console.log(line));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
