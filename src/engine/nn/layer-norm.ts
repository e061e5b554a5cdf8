/** @file Layer normalization with a learned gain and bias. */

import { layerNorm as normalize, type Tensor } from "#engine/graph";
import { ones, zeros } from "./initializers.ts";
import { parameter, type ParameterRole, type ParameterSpec, type Traced } from "./parameters.ts";

export interface LayerNormSpec {
  readonly [name: string]: ParameterSpec;
  readonly weight: ParameterSpec;
  readonly bias: ParameterSpec;
}

export function layerNormSpec(width: number, role: ParameterRole): LayerNormSpec {
  return {
    weight: parameter([width], ones, { decay: false, role }),
    bias: parameter([width], zeros, { decay: false, role }),
  };
}

/** Source: arXiv:1607.06450. @param x f32[..., width] */
export function layerNorm(p: Traced<LayerNormSpec>, x: Tensor, epsilon: number = 1e-5): Tensor {
  return normalize(x, p, epsilon);
}
