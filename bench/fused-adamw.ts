/** @file Times the fused AdamW step on 8.42 million parameters, one core: `npx tsx --conditions=source bench/fused-adamw.ts`. */

/*
 * Bytes counted are those the loops have to touch: 28 per parameter for the update (read p, g, m, v; write p, m, v), 8 more with the
 * moving average, 4 for the gradient norm.
 */

import { fusedAdamW, parameterArena } from "#engine/optim";

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
  return times.toSorted((a, b) => a - b);
}

function report(label: string, bytes: number, times: readonly number[]): void {
  const [best = NaN] = times;
  const median = times[times.length >> 1] ?? NaN;
  console.log(`${label}: best ${best.toFixed(2)} ms (${(bytes / best / 1e6).toFixed(0)} GB/s), median ${median.toFixed(2)} ms`);
}

function main(): void {
  const arena = parameterArena(specs, { ema: true });
  let count = 0;
  for (const [name, gradient] of arena.gradients) {
    for (let index = 0; index < gradient.length; index++) gradient[index] = Math.sin(index);
    arena.params.get(name)?.fill(0.1);
    count += gradient.length;
  }
  const optimizer = fusedAdamW(arena, { clipNorm: 1 });
  const [segment] = arena.segments;
  if (segment === undefined) throw new Error("fused-adamw: the arena has no memory");
  const { kernel, sections, ranges } = segment;
  console.log(`${(count / 1e6).toFixed(2)} M parameters`);
  const norm = () => {
    for (const { offset, count: floats } of ranges) kernel.sumSquares(sections.gradients + offset, floats);
  };
  report("gradient norm", 4 * count, milliseconds(norm));
  let step = 0;
  report("norm + clip + AdamW", 32 * count, milliseconds(() => void optimizer.step({ lr: 1e-4, step: ++step })));
  report("norm + clip + AdamW + EMA", 40 * count, milliseconds(() => void optimizer.step({ lr: 1e-4, step: ++step, emaDecay: 0.999 })));
}

main();
