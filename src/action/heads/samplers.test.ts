/** @file Laws of every sampler, with a formula in place of the network. */

import { expect, test } from "vitest";
import { sizeOf, type Shape } from "#engine/array";
import { noiseSchedule, type NoiseSchedule } from "#action/losses";
import { add, input, mul, reshape, sin, type Tensor } from "#engine/graph";
import { evaluate, f32, normals, relativeError } from "#testing";
import { ddim } from "./ddim.ts";
import { ddpm, octoDdpm } from "./ddpm.ts";
import type { Denoiser } from "./denoiser.ts";
import { diffusionHead } from "./diffusion.ts";
import { flowMatchingHead } from "./flow-matching.ts";
import type { ActionHead, SteppedHead } from "./head.ts";
import { INTEGRATORS, type IntegratorName } from "./integrators.ts";
import { oneStepHead } from "./one-step.ts";
import type { ReverseProcess } from "./reverse-process.ts";

const [B, H, A] = [3, 4, 2] as const;
const chunk = { horizon: H, actionSize: A };
const schedule = noiseSchedule({ kind: "cosine", steps: 20 });

/** What a network says of x f32[B, H, A], times f32[B, 1, 1] and conditioning f32[B, H, A]. */
type Formula = (x: Tensor, times: readonly Tensor[], cond: Tensor) => Tensor;
type NoParameters = Record<string, never>;
type Sampling = Pick<ActionHead<NoParameters>, "sample" | "noiseShape"> & Partial<Pick<SteppedHead<NoParameters>, "step" | "stepNumbers">>;

interface Sampler {
  readonly name: string;
  readonly steps: number;
  /** What a network says that knows noise and chunk: the clean chunk, or the velocity from one to the other. */
  readonly says: (chunk: number, noise: number) => number;
  make(network: Denoiser<NoParameters>): Sampling;
}

const theChunk = (value: number): number => value;

/** A reverse process over a network that predicts the clean chunk. */
function reverse(name: string, steps: number, sampler: (schedule: NoiseSchedule, inferenceSteps: number) => ReverseProcess): Sampler {
  const options = { schedule, predicts: "sample", inferenceSteps: steps, sampler } as const;
  return { name: `${name} in ${steps} steps`, steps, says: theChunk, make: (network) => diffusionHead(network, chunk, options) };
}

/** A rule that integrates a velocity field. */
function integrator(name: IntegratorName, integrationSteps: number): Sampler {
  return {
    name: `${name} in ${integrationSteps} steps`,
    steps: integrationSteps,
    says: (value, noise) => value - noise,
    make: (network) => flowMatchingHead(network, chunk, { integrationSteps, integrator: name }),
  };
}

const samplers: readonly Sampler[] = [
  ...[1, 5, 20].map((steps) => reverse("ddim", steps, (s, inferenceSteps) => ddim(s, { inferenceSteps }))),
  reverse("ddim with trailing steps", 5, (s, inferenceSteps) => ddim(s, { inferenceSteps, spacing: "trailing" })),
  ...[0.5, 1].map((eta) => reverse(`ddim with η = ${eta}`, 5, (s, inferenceSteps) => ddim(s, { inferenceSteps, eta }))),
  reverse("ddim with a clipped direction", 5, (s, inferenceSteps) => ddim(s, { inferenceSteps, clippedDirection: true })),
  ...[5, 20].flatMap((steps) =>
    (["small", "large"] as const).map((variance) => reverse(`ddpm with ${variance} variance`, steps, (s, inferenceSteps) => ddpm(s, { inferenceSteps, variance }))),
  ),
  reverse("octo's ddpm", 20, (s) => octoDdpm(s)),
  ...(Object.keys(INTEGRATORS) as IntegratorName[]).flatMap((name) => [1, 4, 10].map((steps) => integrator(name, steps))),
  ...[1, 2, 4].map((inferenceSteps): Sampler => ({
    name: `mean velocity in ${inferenceSteps} steps`,
    steps: inferenceSteps,
    says: theChunk,
    make: (network) => oneStepHead(network, chunk, { inferenceSteps }),
  })),
];
const each = samplers.map((sampler) => [sampler.name, sampler] as const);

function denoiserOf(formula: Formula): Denoiser<NoParameters> {
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
const leaning: Formula = (x, times, cond) =>
  times.reduce((total, time) => add(total, mul(sin(time), 0.1)), add(mul(x, 0.4), mul(cond, 0.2)));

const size = H * A;
/** f32[B, H·A] */
const conditioning = normals(B * size, 4);
const noiseOf = (head: Sampling, seed: number): number[] => normals(B * sizeOf(head.noiseShape), seed);

async function sample(head: Sampling, cond: readonly number[], noise: readonly number[]): Promise<number[]> {
  const batch = cond.length / size;
  const specs = [f32(batch, size), f32(batch, ...head.noiseShape)];
  const [reached = []] = await evaluate((c, z) => head.sample({}, c, z), specs, [cond, noise]);
  return reached;
}

test.each(each)("%s takes the noise it says and gives a chunk", (_name, { make }) => {
  const head = make(denoiserOf(leaning));
  const rows: Shape = head.noiseShape.slice(0, -2);
  expect(head.noiseShape.slice(-2)).toEqual([H, A]);
  expect(rows.every((count) => count > 1)).toBe(true);
  const traced = head.sample({}, input("cond", "f32", [B, size]), input("noise", "f32", [B, ...head.noiseShape]));
  expect(traced).toMatchObject({ dtype: "f32", shape: [B, H, A] });
});

test.each(each)("a network that knows the chunk is led there by %s", async (_name, { make, says }) => {
  const head = make(denoiserOf((_x, _times, cond) => cond));
  const target = normals(B * size, 3).map(Math.tanh); // inside the limits of the samplers that clip
  const noise = noiseOf(head, 9);
  const length = sizeOf(head.noiseShape);
  const said = target.map((value, i) => says(value, noise[Math.floor(i / size) * length + (i % size)] ?? NaN));
  expect(relativeError(await sample(head, said, noise), target)).toBeLessThan(1e-5);
});

test.each(each)("%s gives the same chunk for the same noise, and every part of the noise counts", async (_name, { make }) => {
  const head = make(denoiserOf(leaning));
  const noise = noiseOf(head, 9);
  const first = await sample(head, conditioning, noise);
  expect(first.every(Number.isFinite)).toBe(true);
  expect(await sample(head, conditioning, noise)).toEqual(first);
  for (let row = 0; row < sizeOf(head.noiseShape) / size; row++) {
    const changed = noise.map((value, i) => (Math.floor(i / size) === row ? value + 1 : value));
    const moved = (await sample(head, conditioning, changed)).map((value, i) => value !== first[i]);
    expect(moved.slice(0, size)).toContain(true);
    expect(moved.slice(size)).not.toContain(true);
  }
});

test.each(each)("%s samples every chunk of a batch by itself", async (_name, { make }) => {
  const head = make(denoiserOf(leaning));
  const noise = noiseOf(head, 9);
  const length = sizeOf(head.noiseShape);
  const together = await sample(head, conditioning, noise);
  const alone = await sample(head, conditioning.slice(size, 2 * size), noise.slice(length, 2 * length));
  expect(relativeError(alone, together.slice(size, 2 * size))).toBeLessThan(1e-6);
});

const stepped = each.filter(([, { make }]) => make(denoiserOf(leaning)).step !== undefined);

test.each(stepped)("%s, taken from outside one step at a time, ends where the unrolled sampler ends", async (_name, { make, steps }) => {
  const head = make(denoiserOf(leaning));
  const noise = noiseOf(head, 9);
  const rows = sizeOf(head.noiseShape) / size;
  const row = (nth: number): number[] => Array.from({ length: B }, (_, b) => noise.slice((b * rows + nth) * size, (b * rows + nth + 1) * size)).flat();
  let x = row(0);
  let used = 0;
  for (const numbers of head.stepNumbers?.(steps) ?? []) {
    // The last step of a process that adds noise takes none: its factor is 0, whatever it is given.
    const z = row(Math.min(++used, rows - 1));
    const one = (c: Tensor, at: Tensor, fresh: Tensor, given: Tensor): Tensor =>
      head.step?.({}, c, { x: at, z: fresh, numbers: given }) ?? at;
    [x = []] = await evaluate(one, [f32(B, size), f32(B, H, A), f32(B, H, A), f32(numbers.length)], [conditioning, x, z, numbers]);
  }
  expect(relativeError(x, await sample(head, conditioning, noise))).toBeLessThan(1e-5);
});
