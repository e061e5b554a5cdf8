/** @file Linear maps of the last axis, without a bias. */

import { gemm, reshape, ShapeError, type Tensor } from "#engine/graph";
import { fanIn } from "./initializers.ts";
import { parameter, type ParameterSpec, type Traced } from "./parameters.ts";
import type { LinearOptions } from "./linear.ts";

/** `weight` f32[outputs, inputs], laid out as in PyTorch. */
export interface ProjectionSpec {
  readonly [name: string]: ParameterSpec;
  readonly weight: ParameterSpec;
}

/** @param options weights start uniform in ±1/√inputs unless said otherwise */
export function projectionSpec(inputs: number, outputs: number, options: Omit<LinearOptions, "bias">): ProjectionSpec {
  const { role, weight = fanIn(inputs) } = options;
  return { weight: parameter([outputs, inputs], weight, { decay: true, role }) };
}

/**
 * y = x·Wᵀ over the last axis.
 *
 * @param x f32[..., inputs]
 * @returns f32[..., outputs]
 */
export function projection(p: Traced<ProjectionSpec>, x: Tensor): Tensor {
  const [outputs = 0, inputs = 0] = p.weight.shape;
  if (x.shape.at(-1) !== inputs) {
    throw new ShapeError(`projection: x is ${x.dtype}[${x.shape.join(", ")}], expected [..., ${inputs}]`);
  }
  const y = gemm(reshape(x, [-1, inputs]), p.weight, { transB: true });
  return reshape(y, [...x.shape.slice(0, -1), outputs]);
}
