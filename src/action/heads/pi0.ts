/** @file π0's action head: flow matching over an action expert that looks into a vision-language trunk. */

import { betaTime, straightPath, type FlowTimeSampler } from "#action/losses";
import { add, assertDtype, assertShape, mul, reshape, slice, square, sub, type Tensor } from "#engine/graph";
import type { GemmaMemory, Traced } from "#engine/nn";
import { expertTimeAt, flowTimes, type ActionExpert, type ActionExpertSpec } from "./action-expert.ts";
import type { ChunkTargets, SteppedHead, TypedHostInput } from "./head.ts";
import { gaussianChunk, perElement } from "./host-inputs.ts";
import { reduceErrors, type Pi0Reduction } from "./pi0-reduction.ts";

export interface Pi0HeadOptions {
  /** Euler steps from noise to chunk. Default 10. */
  readonly integrationSteps?: number;
  /** Default π0's Beta, which is more often near noise. */
  readonly time?: FlowTimeSampler;
  /** Default `"valid"`. */
  readonly reduction?: Pi0Reduction;
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

export interface Pi0Head extends SteppedHead<ActionExpertSpec, "noise" | "tau", Pi0Condition> {
  readonly expert: ActionExpert;
  readonly integrationSteps: number;
  readonly hostInputs: Readonly<Record<"noise" | "tau", TypedHostInput<"f32">>>;
  /** `sample` over a memory that the state is part of already. */
  sampleOver(params: Traced<ActionExpertSpec>, memory: GemmaMemory, noise: Tensor): Tensor;
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
}

const WHO = "pi0Head";

/**
 * @throws RangeError when `integrationSteps` is not a whole number of at least 1
 *
 * Source: Black et al. 2024, arXiv:2410.24164, with the sign of its target corrected: see `flowMatchingLoss`.
 */
export function pi0Head(expert: ActionExpert, options: Pi0HeadOptions = {}): Pi0Head {
  const { integrationSteps = 10, time = betaTime(), reduction = "valid" } = options;
  assertSteps(integrationSteps);
  const { chunk } = expert;
  const shapeOf = (batch: number): number[] => [batch, chunk.horizon, chunk.actionSize];

  const errors: Pi0Head["errors"] = (params, { memory, state }, { actions, noise, tau }) => {
    const [batch = 0] = actions.shape;
    assertShape(actions, shapeOf(batch), `${WHO}: actions`);
    assertShape(noise, actions.shape, `${WHO}: noise`);
    assertShape(tau, [batch], `${WHO}: tau`);
    const t = reshape(tau, [batch, 1, 1]);
    const x = straightPath.interpolate({ actions, noise }, t);
    const velocity = expert.velocity(params, x, { memory: expert.remember(params, memory, state), time: expert.times(params, tau) });
    return square(sub(velocity, straightPath.velocity({ actions, noise }, t)));
  };

  // Every step is in the graph, over one memory: what the trunk and the state say is worked out once.
  const sampleOver: Pi0Head["sampleOver"] = (params, memory, noise) => {
    assertShape(noise, shapeOf(noise.shape[0] ?? 0), `${WHO}: noise`);
    const times = expert.times(params, flowTimes(integrationSteps));
    let x = noise;
    for (let step = 0; step < integrationSteps; step++) {
      const velocity = expert.velocity(params, x, { memory, time: expertTimeAt(times, step) });
      x = add(x, mul(velocity, 1 / integrationSteps));
    }
    return x;
  };

  return {
    chunk,
    parameters: expert.parameters,
    expert,
    integrationSteps,
    hostInputs: { noise: gaussianChunk(chunk), tau: perElement(time) },
    noiseShape: [chunk.horizon, chunk.actionSize],
    addsNoise: false,
    errors,

    loss(params, cond, targets: Pi0Targets, { noise, tau }) {
      const all = errors(params, cond, { actions: targets.actions, noise, tau });
      return { loss: reduceErrors(all, targets, reduction), metrics: {} };
    },

    sample: (params, { memory, state }, noise) => sampleOver(params, expert.remember(params, memory, state), noise),
    sampleOver,

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

function assertSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`${WHO}: integrationSteps is ${steps}, expected a whole number of at least 1`);
  }
}
