/** @file One-step action head: a flow that is taught its mean velocity over long steps, so that one call makes a chunk. */

import { maskedMean } from "#action/losses";
import {
  add, broadcastTo, cast, div, greater, maximum, mul, not, reshape, square, stopGradient, sub, sum, where, type Tensor,
} from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import { conditionAllSteps, denoise, type Denoiser } from "./denoiser.ts";
import type { ActionHead, ChunkSpec, TypedHostInput } from "./head.ts";
import { assertDenoiser, assertHeadInputs } from "./head-inputs.ts";
import { gaussianChunk, perElement } from "./host-inputs.ts";

export interface OneStepOptions {
  /** Network calls per chunk. Default 1. */
  readonly inferenceSteps?: number;
  /** Share of the batch that is taught long steps; the rest is taught the velocity itself. Default a half. */
  readonly longShare?: number;
}

const WHO = "oneStepHead";

type OneStepInputs = "noise" | "stepSize" | "start";

/** Δτ of the finite difference, and the shortest long step. */
const PROBE = 0.05;
/** 1 - τ is not divided by less than this: near the action the network's own error would be blown up. */
const LEAST_REST = 0.1;
/** Squared error at which the weight of a chunk has fallen to a half. */
const WEIGHT_SCALE = 0.05;

/**
 * MeanFlow: the network says u_θ(x, τ, d), the mean velocity on the way from τ to τ + d, so that a chunk is
 * x = ε + u(ε, 0, 1). With a velocity v = a - ε on the straight path, u obeys
 *
 *     u(x_τ, τ, d) = v + d·(v·∂u/∂x + ∂u/∂τ - ∂u/∂d)
 *
 * and is regressed on the right-hand side, taken as a constant; for d = 0 that is flow matching. Trained from scratch, in
 * one phase. Squared errors of a chunk are weighted by 1/(mean + 0.05), also a constant, so that hard steps do not drown
 * the others.
 *
 * Departures: the directional derivative is the difference quotient over Δτ = 0.05 along the way, one more call instead of
 * a forward-mode derivative. The network's output is read as the action at the end of the way,
 * u = (output - x)/max(1 - τ, 0.1): in one step the noise then cancels instead of having to be learned, which took away
 * two thirds of the jerk on the fork. Half of the chunks have d = 0 with τ uniform; the others a d with density 2·d, none below 0.05.
 *
 * Source: Geng et al. 2025, Mean Flows for One-step Generative Modeling, arXiv:2505.13447, eq. 6-11 and section 4.3 (there
 * time runs the other way); predicting the data: Li and He 2025, arXiv:2511.13720.
 *
 * @param network a denoiser made for `times: 2`, flow time and step size
 * @throws RangeError when the number of steps is no integer ≥ 1, the share is not in (0, 1], or the network
 *   is made for other chunks
 */
export function oneStepHead<P extends ParameterTree>(
  network: Denoiser<P>,
  chunk: ChunkSpec,
  options: OneStepOptions = {},
): ActionHead<P, OneStepInputs> {
  const { inferenceSteps = 1, longShare = 0.5 } = options;
  if (!Number.isInteger(inferenceSteps) || inferenceSteps < 1) {
    throw new RangeError(`oneStepHead: inferenceSteps is ${inferenceSteps}, expected an integer ≥ 1`);
  }
  if (!(longShare > 0 && longShare <= 1)) throw new RangeError(`oneStepHead: longShare is ${longShare}, expected a number in (0, 1]`);
  assertDenoiser(WHO, network, chunk);
  const meanVelocity = towardsActions(network);
  const hostInputs = { noise: gaussianChunk(chunk), stepSize: stepSizes(longShare), start: perElement((random) => random.uniform()) };
  const noiseShape = [chunk.horizon, chunk.actionSize];
  const sizes = { chunk, condSize: network.condSize, hostInputs, noiseShape };

  return {
    chunk,
    parameters: network.parameters,
    hostInputs,
    noiseShape,

    loss(params, cond, targets, inputs) {
      assertHeadInputs(WHO, sizes, { cond, targets, inputs });
      const { actions, isPad } = targets;
      const { noise, stepSize, start } = inputs;
      const [B = 0, H = 0] = isPad.shape;
      const tau = mul(start, sub(1, stepSize)); // any start from which the step ends by τ = 1
      const t = reshape(tau, [B, 1, 1]);
      const x = add(mul(sub(1, t), noise), mul(t, actions));
      const velocity = sub(actions, noise);
      const u = denoise(meanVelocity, params, { x, times: [tau, stepSize], cond });
      const ahead = denoise(meanVelocity, params, {
        x: add(x, mul(velocity, PROBE)),
        times: [add(tau, PROBE), maximum(sub(stepSize, PROBE), 0)],
        cond,
      });
      const d = reshape(stepSize, [B, 1, 1]);
      const change = mul(mul(sub(ahead, u), 1 / PROBE), d);
      const isLong = broadcastTo(greater(d, 0), velocity.shape);
      const target = stopGradient(where(isLong, add(velocity, change), velocity));
      const isValid = reshape(not(isPad), [B, H, 1]);
      const squared = square(where(isValid, sub(u, target), 0)); // [B, H, A]
      // The mean over the steps that count: padding must not make a short chunk look easy.
      const counted = maximum(sum(cast(isValid, squared.dtype), [1, 2], { keepDims: true }), 1);
      const perChunk = div(sum(squared, [1, 2], { keepDims: true }), mul(counted, chunk.actionSize));
      const weight = stopGradient(div(1, add(perChunk, WEIGHT_SCALE)));
      return {
        loss: maskedMean(mul(squared, weight), isValid),
        metrics: { squaredError: maskedMean(squared, isValid) },
      };
    },

    sample(params, cond, noise) {
      assertHeadInputs(WHO, sizes, { cond, noise });
      const size = 1 / inferenceSteps;
      const times = Array.from({ length: inferenceSteps }, (_, step) => [step * size, size]);
      const conditions = conditionAllSteps(meanVelocity, params, cond, times);
      return conditions.reduce((x, condition) => add(x, mul(meanVelocity.predict(params, x, condition), size)), noise);
    },
  };
}

/** The network read as the action at the end of the way, turned into the velocity that leads there. */
function towardsActions<P extends ParameterTree>(network: Denoiser<P>): Denoiser<P> {
  return {
    ...network,
    condition: (params, times, cond) => [...times.slice(0, 1), ...network.condition(params, times, cond)],
    predict(params, x, [tau, ...condition]) {
      const rest = maximum(sub(1, reshape(tau as Tensor, [-1, 1, 1])), LEAST_REST);
      return div(sub(network.predict(params, x, condition), x), rest);
    },
  };
}

/**
 * d = 0 for some of the batch, spread evenly over it from a random place on; for the others √uniform, so that long steps
 * are met often.
 */
function stepSizes(longShare: number): TypedHostInput<"f32"> {
  return {
    dtype: "f32",
    shape: (batch) => [batch],
    write(out, random) {
      const first = random.uniform();
      for (let i = 0; i < out.length; i++) {
        const isLong = Math.floor(first + (i + 1) * longShare) > Math.floor(first + i * longShare);
        const size = Math.max(PROBE, Math.sqrt(random.uniform()));
        out[i] = isLong ? size : 0;
      }
    },
  };
}
