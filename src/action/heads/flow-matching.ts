/** @file Flow-matching action head: learn a velocity field, integrate it from noise to a chunk. */

import { flowMatchingLoss } from "#action/losses";
import { add, mul, reshape, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";
import { conditionAllSteps, denoise, type Denoiser } from "./denoiser.ts";
import type { ActionHead, ChunkSpec, TypedHostInput } from "./head.ts";
import { gaussianChunk, perElement } from "./host-inputs.ts";

export interface FlowMatchingOptions {
  /** Euler steps from τ = 0 to τ = 1. More steps cost latency linearly. Default 10, as in openpi. */
  readonly integrationSteps?: number;
}

/** A flow-matching head can also be integrated from outside, one network call at a time. */
export interface FlowMatchingHead<P extends ParameterTree> extends ActionHead<P, "noise" | "tau"> {
  readonly integrationSteps: number;
  readonly hostInputs: Readonly<Record<"noise" | "tau", TypedHostInput<"f32">>>;
  /**
   * One Euler step x + v(x, τ)·Δτ.
   *
   * @param x f32[B, H, A]
   * @param time `tau` f32[B] flow time at the start of the step, `deltaTau` f32[B] its length
   */
  step(params: Traced<P>, cond: Tensor, x: Tensor, time: { readonly tau: Tensor; readonly deltaTau: Tensor }): Tensor;
}

/**
 * The head over a denoiser whose output is read as the velocity.
 *
 * @throws RangeError when `integrationSteps` is not an integer ≥ 1
 */
export function flowMatchingHead<P extends ParameterTree>(
  velocity: Denoiser<P>,
  chunk: ChunkSpec,
  options: FlowMatchingOptions = {},
): FlowMatchingHead<P> {
  const { integrationSteps = 10 } = options;
  if (!Number.isInteger(integrationSteps) || integrationSteps < 1) {
    throw new RangeError(`flowMatchingHead: integrationSteps must be an integer ≥ 1, got ${integrationSteps}`);
  }

  return {
    chunk,
    parameters: velocity.parameters,
    integrationSteps,
    hostInputs: { noise: gaussianChunk(chunk), tau: perElement((random) => random.uniform()) },
    noiseShape: [chunk.horizon, chunk.actionSize],

    loss(params, cond, targets, { noise, tau }) {
      const field = (x: Tensor, t: Tensor): Tensor => denoise(velocity, params, { x, times: [t], cond });
      return { loss: flowMatchingLoss(field, { ...targets, noise, tau }), metrics: {} };
    },

    // Unrolled on purpose: a fixed number of steps gives one flat ONNX graph that every execution
    // provider can run, and the same Euler rule for training-time checks and deployment.
    sample(params, cond, noise) {
      const times = Array.from({ length: integrationSteps }, (_, step) => [step / integrationSteps]);
      const conditions = conditionAllSteps(velocity, params, cond, times);
      return conditions.reduce(
        (x, condition) => add(x, mul(velocity.predict(params, x, condition), 1 / integrationSteps)),
        noise,
      );
    },

    step(params, cond, x, { tau, deltaTau }) {
      const v = denoise(velocity, params, { x, times: [tau], cond });
      return add(x, mul(v, reshape(deltaTau, [-1, 1, 1])));
    },
  };
}
