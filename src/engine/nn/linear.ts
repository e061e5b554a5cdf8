/** @file Affine maps of the last axis. */

import { gemmBias, reshape, ShapeError, type Tensor } from "#engine/graph";
import { fanIn, zeros } from "./initializers.ts";
import { parameter, type Initializer, type ParameterRole, type ParameterSpec, type Traced } from "./parameters.ts";

/** `weight` f32[outputs, inputs] and `bias` f32[outputs], laid out as in PyTorch. */
export interface LinearSpec {
  readonly [name: string]: ParameterSpec;
  readonly weight: ParameterSpec;
  readonly bias: ParameterSpec;
}

export interface LinearOptions {
  readonly role: ParameterRole;
  /** Initial weights; default uniform in ±1/√inputs. */
  readonly weight?: Initializer;
  /** Initial bias; default uniform in ±1/√inputs. */
  readonly bias?: Initializer;
}

export function linearSpec(inputs: number, outputs: number, options: LinearOptions): LinearSpec {
  const { role, weight = fanIn(inputs), bias = fanIn(inputs) } = options;
  return {
    weight: parameter([outputs, inputs], weight, { decay: true, role }),
    bias: parameter([outputs], bias, { decay: false, role }),
  };
}

/** A linear layer that starts as the zero map, so that what it modulates starts unmodulated. */
export function zeroLinearSpec(inputs: number, outputs: number, role: ParameterRole): LinearSpec {
  return linearSpec(inputs, outputs, { role, weight: zeros, bias: zeros });
}

/**
 * y = x·Wᵀ + b over the last axis.
 *
 * @param x f32[..., inputs]
 * @returns f32[..., outputs]
 */
export function linear(p: Traced<LinearSpec>, x: Tensor): Tensor {
  const inputs = x.shape.at(-1) ?? 0;
  if (inputs !== p.weight.shape[1]) {
    throw new ShapeError(`linear: x is ${x.dtype}[${x.shape.join(", ")}], expected [..., ${p.weight.shape[1]}]`);
  }
  const rows = x.shape.length === 2 ? x : reshape(x, [-1, inputs]);
  const y = gemmBias(rows, p.weight, p.bias, { transB: true });
  return reshape(y, [...x.shape.slice(0, -1), y.shape[1] ?? 0]);
}
