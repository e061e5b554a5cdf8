/** @file Rules that integrate a velocity field over one step. */

import { add, mul, type Operand, type Tensor } from "#engine/graph";

export interface Integrator {
  /** Where in a step the field is asked: 0 its start, 1 its end. */
  readonly nodes: readonly number[];
  /**
   * x(τ + Δτ) from x(τ).
   *
   * @param deltaTau Δτ, a number or a tensor that broadcasts to f32[B, H, A]
   * @param field the velocity f32[B, H, A] at a point and a node
   */
  advance(x: Tensor, deltaTau: Operand, field: (x: Tensor, node: number) => Tensor): Tensor;
}

/** x + v(x, τ)·Δτ: one call, error of a step ∝ Δτ². */
export const euler: Integrator = {
  nodes: [0],
  advance: (x, deltaTau, field) => add(x, mul(field(x, 0), deltaTau)),
};

/**
 * x + ½·(v(x, τ) + v(x + v·Δτ, τ + Δτ))·Δτ: two calls, error of a step ∝ Δτ³.
 *
 * Source: Heun 1900; for diffusion models Karras et al. 2022, arXiv:2206.00364, algorithm 1.
 */
export const heun: Integrator = {
  nodes: [0, 1],
  advance(x, deltaTau, field) {
    const start = field(x, 0);
    const end = field(add(x, mul(start, deltaTau)), 1);
    return add(x, mul(mul(add(start, end), 0.5), deltaTau));
  },
};

export const INTEGRATORS = { euler, heun } as const;
export type IntegratorName = keyof typeof INTEGRATORS;
