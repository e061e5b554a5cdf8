/** @file Every sampler with a formula in place of the network: tests enumerate them, in Node and in Chromium. */

import {
  ddim, ddpm, diffusionHead, flowMatchingHead, INTEGRATORS, octoDdpm, oneStepHead, type ActionHead, type Denoiser, type DiffusionOptions,
  type IntegratorName, type SteppedHead,
} from "#action/heads";
import { noiseSchedule } from "#action/losses";
import { add, mul, reshape, sin, type Tensor } from "#engine/graph";

/** B, H and A of what samplers draw. */
export const SAMPLED = { batch: 3, horizon: 4, actionSize: 2 } as const;

const { horizon: H, actionSize: A } = SAMPLED;
const chunk = { horizon: H, actionSize: A };
const schedule = noiseSchedule({ kind: "cosine", steps: 20 });

/** What a network says of x f32[B, H, A], times f32[B, 1, 1] and conditioning f32[B, H, A]. */
export type Formula = (x: Tensor, times: readonly Tensor[], cond: Tensor) => Tensor;
export type NoParameters = Record<string, never>;
/** Of a head, what draws a chunk. */
export type Sampling = Pick<ActionHead<NoParameters>, "sample" | "noiseShape"> & Partial<Pick<SteppedHead<NoParameters>, "step" | "stepNumbers">>;

/** A sampler without a network. */
export interface SamplerCase {
  readonly name: string;
  readonly steps: number;
  /** What a network says that knows noise and chunk: the clean chunk, or the velocity from one to the other. */
  readonly says: (chunk: number, noise: number) => number;
  make(network: Denoiser<NoParameters>): Sampling;
}

const theChunk = (value: number): number => value;

/** A reverse process over a network that predicts the clean chunk. */
function reverse(name: string, steps: number, sampler: NonNullable<DiffusionOptions["sampler"]>): SamplerCase {
  const options = { schedule, predicts: "sample", inferenceSteps: steps, sampler } as const;
  return { name: `${name} in ${steps} steps`, steps, says: theChunk, make: (network) => diffusionHead(network, chunk, options) };
}

/** A rule that integrates a velocity field. */
function integrator(name: IntegratorName, integrationSteps: number): SamplerCase {
  return {
    name: `${name} in ${integrationSteps} steps`,
    steps: integrationSteps,
    says: (value, noise) => value - noise,
    make: (network) => flowMatchingHead(network, chunk, { integrationSteps, integrator: name }),
  };
}

export const SAMPLER_CASES: readonly SamplerCase[] = [
  ...[1, 5, 20].map((steps) => reverse("ddim", steps, (s, inferenceSteps) => ddim(s, { inferenceSteps }))),
  reverse("ddim with trailing steps", 5, (s, inferenceSteps) => ddim(s, { inferenceSteps, spacing: "trailing" })),
  ...[0.5, 1].map((eta) => reverse(`ddim with η = ${eta}`, 5, (s, inferenceSteps) => ddim(s, { inferenceSteps, eta }))),
  reverse("ddim with a clipped direction", 5, (s, inferenceSteps) => ddim(s, { inferenceSteps, clippedDirection: true })),
  ...[5, 20].flatMap((steps) =>
    (["small", "large"] as const).map((variance) => reverse(`ddpm with ${variance} variance`, steps, (s, inferenceSteps) => ddpm(s, { inferenceSteps, variance }))),
  ),
  reverse("octo's ddpm", 20, (s) => octoDdpm(s)),
  ...(Object.keys(INTEGRATORS) as IntegratorName[]).flatMap((name) => [1, 4, 10].map((steps) => integrator(name, steps))),
  ...[1, 2, 4].map((inferenceSteps): SamplerCase => ({
    name: `mean velocity in ${inferenceSteps} steps`,
    steps: inferenceSteps,
    says: theChunk,
    make: (network) => oneStepHead(network, chunk, { inferenceSteps }),
  })),
];

/** The formula in place of a network. */
export function denoiserOf(formula: Formula): Denoiser<NoParameters> {
  return {
    chunk,
    condSize: H * A,
    parameters: {},
    condition: (_params, times, cond) => [...times, cond],
    predict: (_params, x, condition) =>
      formula(x, condition.slice(0, -1).map((time) => reshape(time, [-1, 1, 1])), reshape(condition.at(-1) as Tensor, [-1, H, A])),
  };
}

/** A network that leans on everything it is told. */
export const leaning: Formula = (x, times, cond) =>
  times.reduce((total, time) => add(total, mul(sin(time), 0.1)), add(mul(x, 0.4), mul(cond, 0.2)));
