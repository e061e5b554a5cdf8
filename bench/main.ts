/** @file `npm run bench -- NAME [--only PART] [--json]`: run one benchmark; without a name, list them. */

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
import { resnetBenchmark } from "./resnet.ts";
import { tokensBenchmark } from "./tokens.ts";
import { trainStepBenchmark } from "./train-step.ts";

const BENCHMARKS: readonly Benchmark[] = [
  trainStepBenchmark, dpCBenchmark, fusedAdamWBenchmark, inferenceBenchmark, headsBenchmark, memoryBenchmark, tokensBenchmark, kinematicsBenchmark,
  cameraBenchmark, expertsBenchmark, resnetBenchmark, decoupledBenchmark,
];

async function main(argv: readonly string[]): Promise<number> {
  const { words, only } = partOf(argv.filter((word) => word !== "--json"));
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
  if (only !== undefined && !benchmark.parts?.includes(only)) {
    console.error(`bench: --only is "${only}", expected ${benchmark.parts?.join(", ") ?? `none: ${benchmark.name} has no parts`}`);
    return 2;
  }
  const { json, lines } = await benchmark.run(only);
  if (argv.includes("--json")) console.log(JSON.stringify(json));
  else lines.forEach((line) => console.log(line));
  return 0;
}

/** The words without `--only PART`, and that part. */
function partOf(argv: readonly string[]): { readonly words: readonly string[]; readonly only: string | undefined } {
  const at = argv.indexOf("--only");
  if (at === -1) return { words: argv, only: undefined };
  return { words: argv.toSpliced(at, 2), only: argv[at + 1] ?? "" };
}

process.exitCode = await main(process.argv.slice(2));
