/** @file The AdamW pass as WebAssembly SIMD: parameter, both moments and, if wanted, the moving average are read and written once each. */

/*
 * Source: Loshchilov and Hutter, arXiv:1711.05101, algorithm 2, in the order of PyTorch's `torch/optim/adamw.py`:
 * p ← p·(1 − lr·λ), m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − (lr / c₁)·m / (√v / √c₂ + ε), with c = 1 − βᵗ.
 * The averages are written as a ← a + (1 − β)(x − a). That is the same number, and its fixed point is x exactly, whereas β and 1 − β
 * rounded to f32 do not add up to one (for β = 0.9999 the average of a constant would be off by up to 3e-4).
 */

import {
  countDown,
  f32,
  f32x4,
  f64,
  functionBuilder,
  i32,
  ifElse,
  v128,
  type Expr,
  type FunctionBuilder,
  type Local,
  type Statement,
  type WasmFunction,
} from "./wasm.ts";

/** Floats per turn of the loop: 64 bytes, one cache line of every stream. Counts have to be multiples of it. */
export const FLOATS_PER_TURN = 16;
const BYTES_PER_VECTOR = 16;
const BYTES_PER_TURN = FLOATS_PER_TURN * 4;

type Vector = Local<"v128">;
type Pointer = Local<"i32">;

interface Streams {
  readonly params: Pointer;
  readonly gradients: Pointer;
  readonly firstMoments: Pointer;
  readonly secondMoments: Pointer;
  readonly ema: Pointer;
}

interface Scalars {
  readonly lr: Local<"f64">;
  readonly beta1: Local<"f64">;
  readonly beta2: Local<"f64">;
  readonly eps: Local<"f64">;
  readonly weightDecay: Local<"f64">;
  readonly biasCorrection1: Local<"f64">;
  readonly biasCorrection2: Local<"f64">;
  readonly gradScale: Local<"f64">;
  readonly emaDecay: Local<"f64">;
}

/** What the loop needs of the scalars, each in all four lanes. */
interface Factors {
  readonly gradScale: Vector;
  readonly firstRate: Vector;
  readonly secondRate: Vector;
  readonly keep: Vector;
  readonly stepSize: Vector;
  readonly secondScale: Vector;
  readonly eps: Vector;
  readonly emaRate: Vector;
}

type Work = Readonly<Record<"p" | "g" | "m" | "v" | "average", Vector>>;

/**
 * `adamw(params, gradients, firstMoments, secondMoments, ema: i32 byte addresses, count: i32, lr, β₁, β₂, ε, λ, c₁, c₂, gradScale,
 * emaDecay: f64)`. `ema` 0 means there is none. `count` floats, a multiple of 16.
 */
export function adamwFunction(): WasmFunction {
  const fn = functionBuilder("adamw");
  const pointer = () => fn.param("i32");
  const scalar = () => fn.param("f64");
  const streams: Streams = { params: pointer(), gradients: pointer(), firstMoments: pointer(), secondMoments: pointer(), ema: pointer() };
  const count = fn.param("i32");
  const scalars: Scalars = {
    lr: scalar(),
    beta1: scalar(),
    beta2: scalar(),
    eps: scalar(),
    weightDecay: scalar(),
    biasCorrection1: scalar(),
    biasCorrection2: scalar(),
    gradScale: scalar(),
    emaDecay: scalar(),
  };
  const factors = factorLocals(fn);
  const vector = () => fn.local("v128");
  const work: Work = { p: vector(), g: vector(), m: vector(), v: vector(), average: vector() };
  const loop = (withEma: boolean) => countDown(count, FLOATS_PER_TURN, turn(streams, factors, work, withEma));
  return fn.finish([...setFactors(factors, scalars), ifElse(streams.ema.get, [loop(true)], [loop(false)])]);
}

function factorLocals(fn: FunctionBuilder): Factors {
  const vector = () => fn.local("v128");
  return {
    gradScale: vector(),
    firstRate: vector(),
    secondRate: vector(),
    keep: vector(),
    stepSize: vector(),
    secondScale: vector(),
    eps: vector(),
    emaRate: vector(),
  };
}

/** The factors are computed in f64 and rounded once: 1 − β in f32 would lose up to five digits. */
function setFactors(factors: Factors, scalars: Scalars): Statement[] {
  const one = f64.const(1);
  const oneMinus = (value: Expr<"f64">) => f64.sub(one, value);
  const lanes = (value: Expr<"f64">) => f32x4.splat(f32.demote(value));
  return [
    factors.gradScale.set(lanes(scalars.gradScale.get)),
    factors.firstRate.set(lanes(oneMinus(scalars.beta1.get))),
    factors.secondRate.set(lanes(oneMinus(scalars.beta2.get))),
    factors.keep.set(lanes(oneMinus(f64.mul(scalars.lr.get, scalars.weightDecay.get)))),
    factors.stepSize.set(lanes(f64.div(scalars.lr.get, scalars.biasCorrection1.get))),
    factors.secondScale.set(lanes(f64.div(one, f64.sqrt(scalars.biasCorrection2.get)))),
    factors.eps.set(lanes(scalars.eps.get)),
    factors.emaRate.set(lanes(oneMinus(scalars.emaDecay.get))),
  ];
}

function turn(streams: Streams, factors: Factors, work: Work, withEma: boolean): Statement[] {
  const statements: Statement[] = [];
  for (let offset = 0; offset < BYTES_PER_TURN; offset += BYTES_PER_VECTOR) {
    statements.push(...updateVector(streams, factors, work, offset));
    if (withEma) statements.push(...averageVector(streams, factors, work, offset));
  }
  const { ema, ...always } = streams;
  const moving = withEma ? [...Object.values(always), ema] : Object.values(always);
  return [...statements, ...moving.map((stream) => stream.set(i32.add(stream.get, i32.const(BYTES_PER_TURN))))];
}

const towards = (from: Vector, to: Expr<"v128">, rate: Vector) => f32x4.add(from.get, f32x4.mul(rate.get, f32x4.sub(to, from.get)));

/** Four parameters; leaves their new values in `work.p`. */
function updateVector(streams: Streams, factors: Factors, { p, g, m, v }: Work, offset: number): Statement[] {
  const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(v.get), factors.secondScale.get), factors.eps.get);
  const update = f32x4.div(f32x4.mul(factors.stepSize.get, m.get), denominator);
  return [
    g.set(f32x4.mul(v128.load(streams.gradients.get, offset), factors.gradScale.get)),
    m.set(v128.load(streams.firstMoments.get, offset)),
    v.set(v128.load(streams.secondMoments.get, offset)),
    m.set(towards(m, g.get, factors.firstRate)),
    v.set(towards(v, f32x4.mul(g.get, g.get), factors.secondRate)),
    p.set(f32x4.sub(f32x4.mul(v128.load(streams.params.get, offset), factors.keep.get), update)),
    v128.store(streams.firstMoments.get, offset, m.get),
    v128.store(streams.secondMoments.get, offset, v.get),
    v128.store(streams.params.get, offset, p.get),
  ];
}

function averageVector(streams: Streams, factors: Factors, { p, average }: Work, offset: number): Statement[] {
  return [
    average.set(v128.load(streams.ema.get, offset)),
    v128.store(streams.ema.get, offset, towards(average, p.get, factors.emaRate)),
  ];
}
