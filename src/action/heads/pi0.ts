/** @file π0's action head: flow matching over an action expert that looks into a vision-language trunk. */

import { betaTime, straightPath, type FlowTimeSampler } from "#action/losses";
import { tensorFrom } from "#engine/array";
import { add, assertDtype, assertShape, broadcastTo, cast, constant, less, mul, reshape, slice, square, sub, where, type Tensor } from "#engine/graph";
import type { GemmaMemory, Traced } from "#engine/nn";
import { expertTimeAt, flowTimes, type ActionExpert, type ActionExpertSpec } from "./action-expert.ts";
import type { ChunkTargets, SteppedHead, TypedHostInput } from "./head.ts";
import { gaussianChunk, perElement } from "./host-inputs.ts";
import { reduceErrors, type Pi0Reduction } from "./pi0-reduction.ts";
import { guidedEuler, type Guidance, type GuidanceOptions } from "./real-time-guidance.ts";

export interface Pi0HeadOptions {
  /** Euler steps from noise to chunk. Default 10. */
  readonly integrationSteps?: number;
  /** Default π0's Beta, which is more often near noise. */
  readonly time?: FlowTimeSampler;
  /** Default `"valid"`. */
  readonly reduction?: Pi0Reduction;
  /**
   * Steps at the beginning of a chunk that training gives now and then as they are, from none to so many, so that `sampleAfter` can go on from them. Default 0.
   *
   * Source: training-time real-time chunking, arXiv:2512.05964.
   */
  readonly longestStart?: number;
}

/** What the expert looks at: what the trunk knows, and the state f32[B, S] where it is a token. */
export interface Pi0Condition {
  readonly memory: GemmaMemory;
  readonly state?: Tensor | undefined;
}

export interface Pi0Targets extends ChunkTargets {
  /** bool[B, A]: false for a dimension that the robot does not have. Default all are there. */
  readonly isReal?: Tensor;
}

/** The beginning of a chunk that is known: what will be done before the rest of it is there. */
export interface KnownStart {
  /** f32[B, H, A] normalized; anything where it is not known. */
  readonly actions: Tensor;
  /** bool[B, H] */
  readonly isKnown: Tensor;
}

export interface Pi0Head extends SteppedHead<ActionExpertSpec, string, Pi0Condition> {
  readonly expert: ActionExpert;
  readonly integrationSteps: number;
  /** `noise` and `tau`, and `start` where chunks may have a known beginning: its steps, f32[B]. */
  readonly hostInputs: Readonly<Record<string, TypedHostInput<"f32">>>;
  /** `sample` over a memory that the state is part of already; with guidance, towards a chunk that is being executed. */
  sampleOver(params: Traced<ActionExpertSpec>, memory: GemmaMemory, noise: Tensor, guidance?: Guidance & GuidanceOptions): Tensor;
  /** The same behind a beginning that stays as it is: for networks trained with a `longestStart`. */
  sampleAfter(params: Traced<ActionExpertSpec>, memory: GemmaMemory, noise: Tensor, start: KnownStart): Tensor;
  /** Squared errors of the velocity, f32[B, H, A], that the loss is a mean of. */
  errors(params: Traced<ActionExpertSpec>, cond: Pi0Condition, given: Pi0Draws): Tensor;
}

export interface Pi0Draws {
  /** f32[B, H, A] normalized. */
  readonly actions: Tensor;
  /** f32[B, H, A] */
  readonly noise: Tensor;
  /** f32[B] flow time, 0 = noise. */
  readonly tau: Tensor;
  /** bool[B, H]: steps that are given as they are, and tell no error. Default none. */
  readonly isKnown?: Tensor | undefined;
}

const WHO = "pi0Head";

/**
 * @throws RangeError when `integrationSteps` is not a whole number of at least 1
 *
 * Source: Black et al. 2024, arXiv:2410.24164, with the sign of its target corrected: see `flowMatchingLoss`.
 */
export function pi0Head(expert: ActionExpert, options: Pi0HeadOptions = {}): Pi0Head {
  const { integrationSteps = 10, time = betaTime(), reduction = "valid", longestStart = 0 } = options;
  assertSteps(integrationSteps);
  const { chunk } = expert;
  if (!Number.isInteger(longestStart) || longestStart < 0 || longestStart >= chunk.horizon) {
    throw new RangeError(`${WHO}: longestStart is ${longestStart}, expected a whole number from 0 to below the chunk's ${chunk.horizon} steps`);
  }
  const shapeOf = (batch: number): number[] => [batch, chunk.horizon, chunk.actionSize];

  const errors: Pi0Head["errors"] = (params, { memory, state }, { actions, noise, tau, isKnown }) => {
    const [batch = 0] = actions.shape;
    assertShape(actions, shapeOf(batch), `${WHO}: actions`);
    assertShape(noise, actions.shape, `${WHO}: noise`);
    assertShape(tau, [batch], `${WHO}: tau`);
    const t = reshape(tau, [batch, 1, 1]);
    const noisy = straightPath.interpolate({ actions, noise }, t);
    const { x, tau: times } = isKnown === undefined ? { x: noisy, tau } : behind({ actions, isKnown }, noisy, tau);
    const velocity = expert.velocity(params, x, { memory: expert.remember(params, memory, state), time: expert.times(params, times) });
    return square(sub(velocity, straightPath.velocity({ actions, noise }, t)));
  };

  // Every step is in the graph, over one memory: what the trunk and the state say is worked out once.
  const sampleOver: Pi0Head["sampleOver"] = (params, memory, noise, guidance) => {
    assertShape(noise, shapeOf(noise.shape[0] ?? 0), `${WHO}: noise`);
    const times = expert.times(params, flowTimes(integrationSteps));
    const velocityAt = (x: Tensor, step: number): Tensor => expert.velocity(params, x, { memory, time: expertTimeAt(times, step) });
    if (guidance !== undefined) return guidedEuler(velocityAt, noise, integrationSteps, guidance);
    let x = noise;
    for (let step = 0; step < integrationSteps; step++) x = add(x, mul(velocityAt(x, step), 1 / integrationSteps));
    return x;
  };

  return {
    chunk,
    parameters: expert.parameters,
    expert,
    integrationSteps,
    hostInputs: {
      noise: gaussianChunk(chunk),
      tau: perElement(time),
      ...(longestStart === 0 ? {} : { start: perElement((random) => random.integer(0, longestStart + 1)) }),
    },
    noiseShape: [chunk.horizon, chunk.actionSize],
    addsNoise: false,
    errors,

    loss(params, cond, targets: Pi0Targets, { noise, tau, start }) {
      const isKnown = start === undefined ? undefined : knownSteps(start, chunk.horizon);
      const all = errors(params, cond, { actions: targets.actions, noise: noise as Tensor, tau: tau as Tensor, isKnown });
      return { loss: reduceErrors(all, { ...targets, isKnown }, reduction), metrics: {} };
    },

    sample: (params, { memory, state }, noise) => sampleOver(params, expert.remember(params, memory, state), noise),
    sampleOver,

    sampleAfter(params, memory, noise, start) {
      let x = noise;
      for (let step = 0; step < integrationSteps; step++) {
        const tau = constant(tensorFrom("f32", [noise.shape[0] ?? 0], Array<number>(noise.shape[0] ?? 0).fill(step / integrationSteps)));
        const given = behind(start, x, tau);
        const velocity = expert.velocity(params, given.x, { memory, time: expert.times(params, given.tau) });
        x = add(x, mul(velocity, 1 / integrationSteps));
      }
      return behind(start, x).x;
    },

    // τ, then Δτ.
    stepNumbers(steps) {
      assertSteps(steps);
      return Array.from({ length: steps }, (_, step) => [step / steps, 1 / steps]);
    },

    step(params, { memory, state }, { x, numbers }) {
      assertDtype(numbers, x.dtype, `${WHO}: numbers`);
      const time = expert.times(params, slice(numbers, 0, 0, 1));
      const velocity = expert.velocity(params, x, { memory: expert.remember(params, memory, state), time });
      return add(x, mul(velocity, slice(numbers, 0, 1, 2)));
    },
  };
}

/** The point with a known beginning in it, whose actions have no noise left. */
function behind({ actions, isKnown }: KnownStart, x: Tensor, tau?: Tensor): { readonly x: Tensor; readonly tau: Tensor } {
  const [batch = 0, horizon = 0] = x.shape;
  assertShape(isKnown, [batch, horizon], `${WHO}: isKnown`);
  const times = tau === undefined ? cast(isKnown, x.dtype) : where(isKnown, 1, broadcastTo(reshape(tau, [batch, 1]), [batch, horizon]));
  return { x: where(broadcastTo(reshape(isKnown, [batch, horizon, 1]), x.shape), actions, x), tau: times };
}

/** bool[B, H] of so many steps, f32[B], at the beginning. */
function knownSteps(start: Tensor, horizon: number): Tensor {
  const steps = constant(tensorFrom(start.dtype, [1, horizon], Array.from({ length: horizon }, (_, i) => i)));
  return less(steps, reshape(start, [-1, 1]));
}

function assertSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`${WHO}: integrationSteps is ${steps}, expected a whole number of at least 1`);
  }
}
