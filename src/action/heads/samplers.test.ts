/** @file Laws of every sampler, with a formula in place of the network. */

import { expect, test } from "vitest";
import { sizeOf, type Shape } from "#engine/array";
import { input, type Tensor } from "#engine/graph";
import { denoiserOf, evaluate, f32, leaning, normals, relativeError, SAMPLED, SAMPLER_CASES, type Sampling } from "#testing";

const { batch: B, horizon: H, actionSize: A } = SAMPLED;
const each = SAMPLER_CASES.map((sampler) => [sampler.name, sampler] as const);

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
