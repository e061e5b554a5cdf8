/** @file Linear maps of the last axis, without a bias, and low-rank adapters beside them. */

import { add, gemm, reshape, ShapeError, type Tensor } from "#engine/graph";
import { fanIn, zeros } from "./initializers.ts";
import { parameter, type ParameterSpec, type Traced } from "./parameters.ts";
import type { LinearOptions } from "./linear.ts";

/** `weight` f32[outputs, inputs], laid out as in PyTorch; where there is an adapter, `loraA` f32[rank, inputs] and `loraB` f32[outputs, rank]. */
export type ProjectionSpec = Readonly<{ weight: ParameterSpec; loraA?: ParameterSpec; loraB?: ParameterSpec }>;

export interface ProjectionOptions extends Omit<LinearOptions, "bias"> {
  /** Of an adapter that is trained beside the weight. Default 0: none. */
  readonly rank?: number | undefined;
}

/**
 * @param options weights start uniform in ±1/√inputs unless said otherwise; an adapter starts as the zero map
 * @throws RangeError when the rank is not a whole number of at least 0
 */
export function projectionSpec(inputs: number, outputs: number, options: ProjectionOptions): ProjectionSpec {
  const { role, weight = fanIn(inputs), rank = 0 } = options;
  if (!Number.isInteger(rank) || rank < 0) throw new RangeError(`projection: rank is ${rank}, expected a whole number of at least 0`);
  const base = { weight: parameter([outputs, inputs], weight, { decay: true, role }) };
  if (rank === 0) return base;
  return {
    ...base,
    loraA: parameter([rank, inputs], fanIn(inputs), { decay: true, role: "adapter" }),
    loraB: parameter([outputs, rank], zeros, { decay: true, role: "adapter" }),
  };
}

/**
 * y = x·Wᵀ over the last axis, and with an adapter y = x·Wᵀ + (x·Aᵀ)·Bᵀ: where W is frozen, its gradient, as large as itself, is never worked out.
 *
 * @param x f32[..., inputs]
 * @returns f32[..., outputs]
 *
 * Source of adapters: Hu et al. 2021, arXiv:2106.09685, at α = rank, as openpi has it (src/openpi/models/lora.py at 15a9616).
 */
export function projection(p: Traced<ProjectionSpec>, x: Tensor): Tensor {
  const { weight, loraA, loraB } = p;
  const [outputs = 0, inputs = 0] = weight.shape;
  if (x.shape.at(-1) !== inputs) {
    throw new ShapeError(`projection: x is ${x.dtype}[${x.shape.join(", ")}], expected [..., ${inputs}]`);
  }
  const rows = reshape(x, [-1, inputs]);
  const y = gemm(rows, weight, { transB: true });
  const adapted = loraA === undefined || loraB === undefined ? y : add(y, gemm(gemm(rows, loraA, { transB: true }), loraB, { transB: true }));
  return reshape(adapted, [...x.shape.slice(0, -1), outputs]);
}
