/** @file One-step action head: a flow that is also taught to take long steps, so that one call makes a chunk. */

import { maskedMean } from "#action/losses";
import { add, concat, mul, not, reshape, slice, square, stopGradient, sub, where, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";
import { conditionAllSteps, denoise, type Denoiser } from "./denoiser.ts";
import type { ActionHead, ChunkSpec, TypedHostInput } from "./head.ts";
import { gaussianChunk, perElement } from "./host-inputs.ts";

export interface OneStepOptions {
  /** Network calls per chunk, a power of two. Default 1. */
  readonly inferenceSteps?: number;
  /** The shortest step that is taught is 1/finestSteps; a power of two. Default 64. */
  readonly finestSteps?: number;
  /** Share of the batch that is also taught a long step. Default a quarter, as in the paper. */
  readonly longShare?: number;
}

type OneStepInputs = "noise" | "tau" | "stepSize" | "stepStart";

/**
 * A shortcut model: s_θ(x, τ, d) is the mean velocity over the step from τ to τ + d. Every chunk teaches d = 0, where it
 * is the velocity of flow matching; a share of the batch also teaches that one step of 2d goes where two of d go:
 *
 *     s(x, τ, 0)  → a - ε
 *     s(x, τ, 2d) → stopgrad(½·s(x, τ, d) + ½·s(x', τ + d, d))        x' = x + d·s(x, τ, d)
 *
 * with 2d = 1, ½, ¼, … and τ a multiple of 2d. Trained from scratch, in one phase; sampled as x = ε + s(ε, 0, 1).
 *
 * Departures: the paper takes the long steps' targets from averaged weights, we from the weights as they are, since the
 * graph of a step knows no others; it gives the flow three quarters of the batch, we all of it, with the long steps on top.
 *
 * Source: Frans et al. 2024, One Step Diffusion via Shortcut Models, arXiv:2410.12557, eq. 4 and 5, algorithm 1.
 *
 * @param shortcut a denoiser made for `times: 2`, flow time and step size, whose output is read as the mean velocity
 * @throws RangeError when a number of steps is no power of two, or the share is not in (0, 1]
 */
export function oneStepHead<P extends ParameterTree>(
  shortcut: Denoiser<P>,
  chunk: ChunkSpec,
  options: OneStepOptions = {},
): ActionHead<P, OneStepInputs> {
  const { inferenceSteps = 1, finestSteps = 64, longShare = 0.25 } = options;
  const levels = Math.max(1, powerOfTwo("finestSteps", finestSteps));
  powerOfTwo("inferenceSteps", inferenceSteps);
  if (!(longShare > 0 && longShare <= 1)) throw new RangeError(`oneStepHead: longShare is ${longShare}, expected a number in (0, 1]`);

  return {
    chunk,
    parameters: shortcut.parameters,
    hostInputs: { noise: gaussianChunk(chunk), tau: perElement((random) => random.uniform()), ...longSteps(levels) },
    noiseShape: [chunk.horizon, chunk.actionSize],

    loss(params, cond, { actions, isPad }, { noise, tau, stepSize, stepStart }) {
      const [B = 0, H = 0] = isPad.shape;
      const rows = Math.ceil(longShare * B);
      const first = (tensor: Tensor): Tensor => slice(tensor, 0, 0, rows);
      const long = longStep(shortcut, params, {
        ends: { actions: first(actions), noise: first(noise) },
        cond: first(cond),
        start: first(stepStart),
        size: first(stepSize),
      });
      // One call for both kinds of rows: short steps of all, then long steps of some.
      const short = { x: interpolate({ actions, noise }, tau), target: sub(actions, noise) };
      const prediction = denoise(shortcut, params, {
        x: concat([short.x, long.x], 0),
        times: [concat([tau, first(stepStart)], 0), concat([mul(tau, 0), first(stepSize)], 0)],
        cond: concat([cond, first(cond)], 0),
      });
      const isValid = reshape(not(concat([reshape(isPad, [B, H, 1]), reshape(first(isPad), [rows, H, 1])], 0)), [B + rows, H, 1]);
      const error = square(where(isValid, sub(prediction, concat([short.target, long.target], 0)), 0));
      const meanOf = (from: number, to: number): Tensor => maskedMean(slice(error, 0, from, to), slice(isValid, 0, from, to));
      return { loss: maskedMean(error, isValid), metrics: { shortStep: meanOf(0, B), longStep: meanOf(B, B + rows) } };
    },

    sample(params, cond, noise) {
      const size = 1 / inferenceSteps;
      const times = Array.from({ length: inferenceSteps }, (_, step) => [step * size, size]);
      const conditions = conditionAllSteps(shortcut, params, cond, times);
      return conditions.reduce((x, condition) => add(x, mul(shortcut.predict(params, x, condition), size)), noise);
    },
  };
}

interface LongStep {
  readonly ends: { readonly actions: Tensor; readonly noise: Tensor };
  readonly cond: Tensor;
  /** τ f32[R] */
  readonly start: Tensor;
  /** 2d f32[R] */
  readonly size: Tensor;
}

/** Where a long step starts, and the mean velocity of the two halves that it is to match. */
function longStep<P extends ParameterTree>(
  shortcut: Denoiser<P>,
  params: Traced<P>,
  { ends, cond, start, size }: LongStep,
): { readonly x: Tensor; readonly target: Tensor } {
  const half = mul(size, 0.5);
  const x = interpolate(ends, start);
  const firstHalf = denoise(shortcut, params, { x, times: [start, half], cond });
  const middle = add(x, mul(firstHalf, reshape(half, [-1, 1, 1])));
  const secondHalf = denoise(shortcut, params, { x: middle, times: [add(start, half), half], cond });
  return { x, target: stopGradient(mul(add(firstHalf, secondHalf), 0.5)) };
}

/** (1 - τ)·ε + τ·a */
function interpolate({ actions, noise }: { readonly actions: Tensor; readonly noise: Tensor }, tau: Tensor): Tensor {
  const t = reshape(tau, [-1, 1, 1]);
  return add(mul(sub(1, t), noise), mul(t, actions));
}

/**
 * 2d = 1, ½, … 2/finestSteps by turns over the batch, whose chunks are drawn at random anyway, so that both inputs agree
 * on it; and τ a random multiple of 2d below 1.
 */
function longSteps(levels: number): Record<"stepSize" | "stepStart", TypedHostInput<"f32">> {
  const sizeAt = (i: number): number => 2 ** -(i % levels);
  const each = (value: (i: number, uniform: number) => number): TypedHostInput<"f32"> => ({
    dtype: "f32",
    shape: (batch) => [batch],
    write(out, random) {
      for (let i = 0; i < out.length; i++) out[i] = value(i, random.uniform());
    },
  });
  return {
    stepSize: each((i) => sizeAt(i)),
    stepStart: each((i, uniform) => Math.floor(uniform / sizeAt(i)) * sizeAt(i)),
  };
}

/** log₂ of a count that must be a power of two. */
function powerOfTwo(name: string, value: number): number {
  const exponent = Math.log2(value);
  if (!Number.isInteger(exponent) || exponent < 0) throw new RangeError(`oneStepHead: ${name} is ${value}, expected a power of two`);
  return exponent;
}
