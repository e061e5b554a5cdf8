/** @file Vectors that scale, shift or gate a layer, made from time and observation. */

import { reshape, slice, type Tensor } from "#engine/graph";
import { linear, linearSpec, normal, parameter, zeros, type Initializer, type LinearSpec, type Traced } from "#engine/nn";

export interface ModulationSizes {
  /** Features of time and observation together. */
  readonly features: number;
  /** Width of each vector. */
  readonly width: number;
  /** How many vectors. */
  readonly vectors: number;
}

export interface ModulationStart {
  /** Default N(0, 0.02²). */
  readonly weight?: Initializer;
  /** Default 0. */
  readonly bias?: Initializer;
}

/** One linear map for all vectors of a layer. Weight decay leaves it alone, as in DecoupledActionExpert at f998758. */
export function modulationSpec({ features, width, vectors }: ModulationSizes, start: ModulationStart = {}): LinearSpec {
  const { weight = normal(0.02), bias = zeros } = start;
  const spec = linearSpec(features, vectors * width, { role: "modulation", weight, bias });
  return { ...spec, weight: parameter(spec.weight.shape, weight, { decay: false, role: "modulation" }) };
}

/**
 * The vectors, f32[B, width] each.
 *
 * @param features f32[B, features]
 */
export function modulationVectors(p: Traced<LinearSpec>, features: Tensor, vectors: number): Tensor[] {
  const packed = linear(p, features);
  const width = (packed.shape[1] ?? 0) / vectors;
  return Array.from({ length: vectors }, (_, i) => slice(packed, 1, i * width, (i + 1) * width));
}

/** f32[B, width] → f32[B, 1, width], which broadcasts over the actions of a chunk. */
export function overChunk(vector: Tensor): Tensor {
  const [batch = 0, width = 0] = vector.shape;
  return reshape(vector, [batch, 1, width]);
}
