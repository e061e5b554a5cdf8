/** @file Times the fused AdamW step on 8.42 million parameters, one core: `npm run bench -- fused-adamw`. */

/*
 * Bytes counted are those the loops have to touch: 28 per parameter for the update (read p, g, m, v; write p, m, v), 8 more with the
 * moving average, 4 for the gradient norm.
 */

import { fusedAdamW, parameterArena } from "#engine/optim";
import { median, rounded, type Benchmark, type BenchmarkResult } from "./benchmark.ts";

const BLOCKS = 8;
const WARMUP = 20;
const REPEATS = 60;

const specs = Array.from({ length: BLOCKS }, (_, block) => [
  { name: `${block}.up`, shape: [512, 1024], decay: true },
  { name: `${block}.down`, shape: [1024, 512], decay: true },
  { name: `${block}.bias`, shape: [3584], decay: false },
]).flat();

function milliseconds(run: () => void): number[] {
  const times: number[] = [];
  for (let repeat = 0; repeat < WARMUP + REPEATS; repeat++) {
    const start = performance.now();
    run();
    if (repeat >= WARMUP) times.push(performance.now() - start);
  }
  return times;
}

/** Times of one loop, and the bytes it has to touch. */
interface Loop {
  readonly label: string;
  readonly bytes: number;
  readonly times: readonly number[];
}

export const fusedAdamWBenchmark: Benchmark = {
  name: "fused-adamw",
  summary: "the optimizer's WebAssembly loops on 8.4 M parameters, one core",
  run: () => Promise.resolve(summarize(measure())),
};

function measure(): Loop[] {
  const arena = parameterArena(specs, { ema: true });
  for (const [name, gradient] of arena.gradients) {
    for (let index = 0; index < gradient.length; index++) gradient[index] = Math.sin(index);
    arena.params.get(name)?.fill(0.1);
  }
  const count = parameterCount();
  const optimizer = fusedAdamW(arena, { clipNorm: 1 });
  const [segment] = arena.segments;
  if (segment === undefined) throw new Error("fused-adamw: the arena has no memory");
  const { kernel, sections, ranges } = segment;
  const norm = (): void => {
    for (const { offset, count: floats } of ranges) kernel.sumSquares(sections.gradients + offset, floats);
  };
  let step = 0;
  const update = (options: { emaDecay?: number }): void =>
    void optimizer.step({ lr: 1e-4, step: (step += 1), ...options });
  return [
    { label: "gradient norm", bytes: 4 * count, times: milliseconds(norm) },
    { label: "norm + clip + AdamW", bytes: 32 * count, times: milliseconds(() => update({})) },
    { label: "norm + clip + AdamW + EMA", bytes: 40 * count, times: milliseconds(() => update({ emaDecay: 0.999 })) },
  ];
}

function parameterCount(): number {
  return specs.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
}

function summarize(loops: readonly Loop[]): BenchmarkResult {
  const measured = loops.map(({ label, bytes, times }) => {
    const best = Math.min(...times);
    return { label, bestMs: rounded(best), medianMs: rounded(median(times)), gigabytesPerS: rounded(bytes / best / 1e6) };
  });
  const lines = measured.map(
    ({ label, bestMs, medianMs, gigabytesPerS }) =>
      `${label}: best ${bestMs} ms (${gigabytesPerS} GB/s), median ${medianMs} ms`,
  );
  const parameters = parameterCount();
  return {
    json: { name: "fused-adamw", parameters, loops: measured },
    lines: [`${(parameters / 1e6).toFixed(2)} M parameters`, ...lines],
  };
}
