/** @file Host inputs that several heads share. */

import type { Rng, Shape } from "#engine/array";
import type { ChunkSpec, TypedHostInput } from "./head.ts";

/** ε ~ N(0, I) in the shape of a chunk. */
export function gaussianChunk({ horizon, actionSize }: ChunkSpec): TypedHostInput<"f32"> {
  return gaussian([horizon, actionSize]);
}

/** Standard normals, f32[B, ...shape]. */
export function gaussian(shape: Shape): TypedHostInput<"f32"> {
  return {
    dtype: "f32",
    shape: (batch) => [batch, ...shape],
    write: (out, random) => random.fillNormal(out),
  };
}

/** One number per element of the batch, f32[B]. */
export function perElement(draw: (random: Rng) => number): TypedHostInput<"f32"> {
  return {
    dtype: "f32",
    shape: (batch) => [batch],
    write(out, random) {
      for (let i = 0; i < out.length; i++) out[i] = draw(random);
    },
  };
}

/** Diffusion steps, uniform in 0 … steps-1, one per element of the batch, i64[B]. */
export function diffusionSteps(steps: number): TypedHostInput<"i64"> {
  return {
    dtype: "i64",
    shape: (batch) => [batch],
    write(out, random) {
      for (let i = 0; i < out.length; i++) out[i] = BigInt(random.integer(0, steps));
    },
  };
}
