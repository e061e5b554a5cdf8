/** @file Tests of the fused step against AdamW written out in f64. */

import { describe, expect, it } from "vitest";
import { parameterArena, startEma, type ArenaOptions, type NamedArrays, type ParameterArena } from "./arena.ts";
import { fusedAdamW } from "./fused-adamw.ts";

const BETAS = [0.9, 0.999] as const;
const EPS = 1e-8;
const WEIGHT_DECAY = 0.1;
const LR = 3e-3;
const EMA_DECAY = 0.99;

const specs = [
  { name: "weight", shape: [37, 5], decay: true },
  { name: "bias", shape: [37], decay: false },
  { name: "trunk", shape: [40], decay: true, trainable: false },
  { name: "head", shape: [64], decay: true },
];
const decays = new Map(specs.map(({ name, decay }) => [name, decay]));

const noise = (seed: number, index: number) => Math.sin(seed * 12.9898 + index * 78.233 + (index * index) / 7);

function filledArena(options: ArenaOptions): ParameterArena {
  const arena = parameterArena(specs, options);
  let seed = 0;
  for (const values of arena.params.values()) {
    seed += 1;
    for (let index = 0; index < values.length; index++) values[index] = noise(seed, index);
  }
  if (arena.hasEma) startEma(arena);
  return arena;
}

function setGradients(arena: ParameterArena, step: number): void {
  let seed = 100 * step;
  for (const values of arena.gradients.values()) {
    seed += 1;
    for (let index = 0; index < values.length; index++) values[index] = noise(seed, index) * 10 ** ((index % 4) - 2);
  }
}

const copies = (arrays: NamedArrays) => new Map([...arrays].map(([name, values]) => [name, Float64Array.from(values)]));

/** AdamW as the paper has it, one value at a time, in f64. */
function reference(arena: ParameterArena) {
  const params = copies(arena.params);
  const ema = copies(arena.params);
  const first = new Map([...params].map(([name, values]) => [name, new Float64Array(values.length)]));
  const second = new Map([...params].map(([name, values]) => [name, new Float64Array(values.length)]));
  const step = (gradients: ReadonlyMap<string, ArrayLike<number>>, t: number, gradScale: number) => {
    for (const [name, gradient] of gradients) {
      const [p, m, v, e] = [params, first, second, ema].map((arrays) => arrays.get(name) ?? new Float64Array());
      if (!p || !m || !v || !e) throw new Error(`no ${name}`);
      const decay = decays.get(name) ? WEIGHT_DECAY : 0;
      for (let i = 0; i < p.length; i++) {
        const g = (gradient[i] ?? NaN) * gradScale;
        m[i] = BETAS[0] * (m[i] ?? NaN) + (1 - BETAS[0]) * g;
        v[i] = BETAS[1] * (v[i] ?? NaN) + (1 - BETAS[1]) * g * g;
        const denominator = Math.sqrt((v[i] ?? NaN) / (1 - BETAS[1] ** t)) + EPS;
        p[i] = (p[i] ?? NaN) * (1 - LR * decay) - (LR * (m[i] ?? NaN)) / (1 - BETAS[0] ** t) / denominator;
        e[i] = EMA_DECAY * (e[i] ?? NaN) + (1 - EMA_DECAY) * (p[i] ?? NaN);
      }
    }
  };
  return { params, ema, first, second, step };
}

/** Largest difference, relative to the largest value of its array. */
function worstError(actual: NamedArrays, expected: ReadonlyMap<string, Float64Array>): number {
  let worst = 0;
  for (const [name, values] of actual) {
    const wanted = expected.get(name) ?? new Float64Array();
    const size = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
    for (const [index, value] of values.entries()) worst = Math.max(worst, Math.abs(value - (wanted[index] ?? NaN)) / size);
    expect(wanted.length).toBe(values.length);
  }
  return worst;
}

const norm = (arrays: NamedArrays) => Math.sqrt([...arrays.values()].flatMap((values) => [...values]).reduce((sum, x) => sum + x * x, 0));

const optimizer = (arena: ParameterArena, clipNorm?: number) =>
  fusedAdamW(arena, { betas: BETAS, eps: EPS, weightDecay: WEIGHT_DECAY, ...(clipNorm === undefined ? {} : { clipNorm }) });

describe("fusedAdamW", () => {
  for (const [where, maxMemoryBytes] of [["one memory", 65536], ["several memories", 4096]] as const) {
    it(`follows AdamW in f64 over ten steps, in ${where}`, () => {
      const arena = filledArena({ ema: true, maxMemoryBytes });
      expect(arena.segments.length > 1).toBe(where === "several memories");
      const wanted = reference(arena);
      const fused = optimizer(arena);
      for (let step = 1; step <= 10; step++) {
        setGradients(arena, step);
        wanted.step(arena.gradients, step, 0.5);
        const { gradNorm, finite } = fused.step({ lr: LR, step, gradScale: 0.5, emaDecay: EMA_DECAY });
        expect(finite).toBe(true);
        expect(gradNorm / (0.5 * norm(arena.gradients))).toBeCloseTo(1, 12);
      }
      expect(worstError(arena.params, wanted.params)).toBeLessThan(1e-6);
      expect(worstError(arena.ema, wanted.ema)).toBeLessThan(1e-6);
      expect(worstError(arena.firstMoments, wanted.first)).toBeLessThan(1e-6);
      expect(worstError(arena.secondMoments, wanted.second)).toBeLessThan(1e-6);
    });
  }

  it("moves a parameter by lr against the sign of its first gradient, after decaying it", () => {
    const arena = filledArena({ ema: false });
    for (const values of arena.params.values()) values.fill(2);
    for (const values of arena.gradients.values()) values.fill(-0.25);
    optimizer(arena).step({ lr: 0.01, step: 1 });
    expect(arena.params.get("weight")?.[0]).toBeCloseTo(2 * (1 - 0.01 * WEIGHT_DECAY) + 0.01, 6);
    expect(arena.params.get("bias")?.[0]).toBeCloseTo(2.01, 6);
    expect(arena.params.get("trunk")?.[0]).toBe(2);
  });

  it("clips the global norm over all memories, and reports it unclipped", () => {
    const arena = filledArena({ ema: false, maxMemoryBytes: 4096 });
    const wanted = reference(arena);
    setGradients(arena, 1);
    const before = norm(arena.gradients);
    wanted.step(arena.gradients, 1, 0.1 / (before + 1e-6));
    expect(optimizer(arena, 0.1).step({ lr: LR, step: 1 }).gradNorm).toBeCloseTo(before, 8);
    expect(worstError(arena.firstMoments, wanted.first)).toBeLessThan(1e-6);
    expect(worstError(arena.secondMoments, wanted.second)).toBeLessThan(1e-6);
  });

  it("leaves gradients below the clipping norm as they are", () => {
    const [clipped, free] = [filledArena({ ema: false }), filledArena({ ema: false })];
    for (const arena of [clipped, free]) setGradients(arena, 1);
    optimizer(clipped, 1e6).step({ lr: LR, step: 1 });
    optimizer(free).step({ lr: LR, step: 1 });
    expect(clipped.params).toEqual(free.params);
  });

  it("changes nothing when a gradient is not finite, and says so", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const arena = filledArena({ ema: true, maxMemoryBytes: 4096 });
      const kept = [arena.params, arena.firstMoments, arena.secondMoments, arena.ema].map(copies);
      setGradients(arena, 1);
      arena.gradients.get("bias")?.fill(bad, 3, 4);
      expect(optimizer(arena, 1).step({ lr: LR, step: 1, emaDecay: 0.5 }).finite).toBe(false);
      expect([arena.params, arena.firstMoments, arena.secondMoments, arena.ema].map(copies)).toEqual(kept);
    }
  });

  it("refuses steps that cannot be meant", () => {
    const fused = optimizer(filledArena({ ema: false }));
    expect(() => fused.step({ lr: LR, step: 0 })).toThrow("step is 0, expected a whole number from 1 on");
    expect(() => fused.step({ lr: NaN, step: 1 })).toThrow("lr is NaN");
    expect(() => fused.step({ lr: LR, step: 1, emaDecay: 0.9 })).toThrow("make it with ema: true");
    expect(() => fused.accumulate()).toThrow("make it with accumulate: true");
    expect(() => fusedAdamW(filledArena({ ema: false }), { eps: 0 })).toThrow("eps is 0");
  });
});

describe("fusedAdamW's accumulation and averages", () => {
  it("steps from accumulated gradients as from their mean", () => {
    const [summed, direct] = [filledArena({ ema: false, accumulate: true }), filledArena({ ema: false })];
    const [fused, plain] = [optimizer(summed), optimizer(direct)];
    for (const step of [1, 2]) {
      for (const micro of [0, 1, 2, 3]) {
        setGradients(summed, step);
        for (const values of summed.gradients.values()) values.set(values.map((x) => x * (micro + 1)));
        fused.accumulate();
      }
      setGradients(direct, step);
      const { gradNorm } = fused.step({ lr: LR, step, gradScale: 1 / 10 });
      expect(gradNorm / plain.step({ lr: LR, step }).gradNorm).toBeCloseTo(1, 6);
    }
    expect(worstError(summed.params, copies(direct.params))).toBeLessThan(1e-6);
  });

  it("keeps the average of a constant at that constant", () => {
    const arena = filledArena({ ema: true });
    const fused = optimizer(arena);
    for (let step = 1; step <= 2000; step++) fused.step({ lr: 0, step, emaDecay: 0.9999 });
    expect(arena.ema).toEqual(arena.params);
  });

  it("copies the parameters at decay 0 and leaves averages alone without a decay", () => {
    const arena = filledArena({ ema: true });
    const fused = optimizer(arena);
    const start = copies(arena.ema);
    setGradients(arena, 1);
    fused.step({ lr: LR, step: 1 });
    start.delete("trunk");
    for (const [name, values] of start) expect(Float64Array.from(arena.ema.get(name) ?? [])).toEqual(values);
    fused.step({ lr: LR, step: 2, emaDecay: 0 });
    expect(worstError(arena.ema, copies(arena.params))).toBeLessThan(1e-7);
  });
});
