/** @file π0's action head: flow matching over an action expert that looks at a trunk's memory. */

import { betaTime, straightPath, type FlowTimeSampler } from "#action/losses";
import { add, assertDtype, assertShape, broadcastTo, cast, div, logicalAnd, maximum, mean, mul, not, reshape, square, sub, sum, where, type Tensor } from "#engine/graph";
import type { GemmaMemory, Traced } from "#engine/nn";
import { expertTimeAt, flowTimes, type ActionExpert, type ActionExpertSpec } from "./action-expert.ts";
import type { ChunkTargets, TypedHostInput } from "./head.ts";
import { gaussianChunk, perElement } from "./host-inputs.ts";

/**
 * Which errors are averaged.
 *
 * - `"ours"`: those of real dimensions and of steps inside the episode, divided by how many they are.
 * - `"lerobot"`: those of real dimensions, of all steps. LeRobot π0 at 7427f31.
 * - `"openpi"`: all, so that padded dimensions learn to give their noise back. openpi at 15a9616.
 */
export type Pi0Reduction = "ours" | "lerobot" | "openpi";

export interface Pi0HeadOptions {
  /** Euler steps from noise to chunk. Default 10. */
  readonly integrationSteps?: number;
  /** Default π0's Beta, which is more often near noise. */
  readonly time?: FlowTimeSampler;
  /** Default `"ours"`. */
  readonly reduction?: Pi0Reduction;
}

/** What the expert looks at: what the trunk knows, and the state f32[B, S] where it is a token. */
export interface Pi0Condition {
  readonly memory: GemmaMemory;
  readonly state?: Tensor | undefined;
}

export interface Pi0Targets extends ChunkTargets {
  /** bool[B, A]: false for a dimension that the robot does not have. */
  readonly isReal: Tensor;
}

export interface Pi0Head {
  readonly expert: ActionExpert;
  readonly integrationSteps: number;
  readonly hostInputs: Readonly<Record<"noise" | "tau", TypedHostInput<"f32">>>;
  /** Squared error of the velocity, f32[B, H, A]. */
  errors(params: Traced<ActionExpertSpec>, cond: Pi0Condition, given: Pi0Draws): Tensor;
  /** f32[] */
  loss(params: Traced<ActionExpertSpec>, cond: Pi0Condition, targets: Pi0Targets, draws: Omit<Pi0Draws, "actions">): Tensor;
  /** f32[B, H, A] normalized chunk, deterministic given `noise` f32[B, H, A] ~ N(0, I). */
  sample(params: Traced<ActionExpertSpec>, cond: Pi0Condition, noise: Tensor): Tensor;
}

export interface Pi0Draws {
  /** f32[B, H, A] normalized. */
  readonly actions: Tensor;
  /** f32[B, H, A] */
  readonly noise: Tensor;
  /** f32[B] flow time, 0 = noise. */
  readonly tau: Tensor;
}

/**
 * @throws RangeError when `integrationSteps` is not an integer ≥ 1
 *
 * Source: Black et al. 2024, arXiv:2410.24164, with the sign of its target corrected: see `flowMatchingLoss`.
 */
export function pi0Head(expert: ActionExpert, options: Pi0HeadOptions = {}): Pi0Head {
  const { integrationSteps = 10, time = betaTime(), reduction = "ours" } = options;
  if (!Number.isInteger(integrationSteps) || integrationSteps < 1) {
    throw new RangeError(`pi0Head: integrationSteps is ${integrationSteps}, expected a whole number of at least 1`);
  }
  const head: Pi0Head = {
    expert,
    integrationSteps,
    hostInputs: { noise: gaussianChunk(expert.chunk), tau: perElement(time) },

    errors(params, { memory, state }, { actions, noise, tau }) {
      const [batch = 0] = actions.shape;
      assertShape(tau, [batch], "pi0Head: tau");
      const t = reshape(tau, [batch, 1, 1]);
      const x = straightPath.interpolate({ actions, noise }, t);
      const velocity = expert.velocity(params, x, { memory: expert.remember(params, memory, state), time: expert.times(params, tau) });
      return square(sub(velocity, straightPath.velocity({ actions, noise }, t)));
    },

    loss: (params, cond, targets, draws) => reduce(head.errors(params, cond, { ...draws, actions: targets.actions }), targets, reduction),

    // Every step is in the graph, over one memory: what the trunk and the state say is worked out once.
    sample(params, { memory, state }, noise) {
      const known = expert.remember(params, memory, state);
      const times = expert.times(params, flowTimes(integrationSteps));
      let x = noise;
      for (let step = 0; step < integrationSteps; step++) {
        const velocity = expert.velocity(params, x, { memory: known, time: expertTimeAt(times, step) });
        x = add(x, mul(velocity, 1 / integrationSteps));
      }
      return x;
    },
  };
  return head;
}

/** @param errors f32[B, H, A] */
function reduce(errors: Tensor, { isPad, isReal }: Pi0Targets, reduction: Pi0Reduction): Tensor {
  const [B = 0, H = 0, A = 0] = errors.shape;
  assertDtype(isPad, "bool", "pi0Head: isPad");
  assertShape(isPad, [B, H], "pi0Head: isPad");
  assertDtype(isReal, "bool", "pi0Head: isReal");
  assertShape(isReal, [B, A], "pi0Head: isReal");
  if (reduction === "openpi") return mean(errors);
  const real = broadcastTo(reshape(isReal, [B, 1, A]), [B, H, A]);
  const counted = reduction === "lerobot" ? real : logicalAnd(real, reshape(not(isPad), [B, H, 1]));
  return div(sum(where(counted, errors, 0)), maximum(sum(cast(counted, errors.dtype)), 1));
}
