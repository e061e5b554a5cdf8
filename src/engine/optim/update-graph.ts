/** @file The optimizer of a whole network as a graph: clipping, AdamW by decay group, moving averages. */

import { ShapeError, type Tensor } from "#engine/graph";
import { adamWUpdate, clipTo, emaUpdate, globalNorm, type AdamWState } from "./adamw.ts";

/** A trainable parameter and what the step needs to know of it; all tensors f32 of one shape. */
export interface UpdateEntry extends AdamWState {
  readonly name: string;
  /** Whether weight decay applies. */
  readonly decay: boolean;
  readonly gradient: Tensor;
  /** Moving average of the parameter; none is kept when absent. */
  readonly ema?: Tensor;
}

/** What changes from step to step, f32[] each: inputs of the graph. */
export interface UpdateRates {
  /** Learning rate. */
  readonly lr: Tensor;
  /** 1 - β₁ᵗ, t counted from 1. */
  readonly correction1: Tensor;
  /** 1 - β₂ᵗ. */
  readonly correction2: Tensor;
  /** Decay of the moving averages in [0, 1]; required where an entry has one. */
  readonly emaDecay?: Tensor;
}

export interface UpdateOptions {
  /** Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Decoupled decay of the entries marked `decay`. Default 0.01. */
  readonly weightDecay?: number;
  /** Largest global L2 norm of the gradient; unlimited when absent. */
  readonly clipNorm?: number;
}

/** The state after the step. */
export interface UpdatedEntry extends AdamWState {
  readonly name: string;
  readonly ema?: Tensor;
}

export interface GraphUpdate {
  readonly entries: readonly UpdatedEntry[];
  /** Global L2 norm of the gradients before clipping, f32[]. When it is not finite, keep the old state. */
  readonly gradNorm: Tensor;
}

/**
 * One AdamW step of every parameter, as `fusedAdamW` takes it. With gradients that are traced behind a loss it becomes part of a
 * one-graph training step; with gradients that are inputs it is a graph of its own.
 *
 * @throws ShapeError when an entry's tensors differ in shape, or it has a moving average and `rates` no decay for it
 */
export function updateGraph(entries: readonly UpdateEntry[], rates: UpdateRates, options: UpdateOptions = {}): GraphUpdate {
  entries.forEach(checkEntry);
  const { clipNorm, weightDecay = 0.01, ...adamW } = options;
  const gradients = entries.map(({ gradient }) => gradient);
  const gradNorm = globalNorm(gradients);
  const clipped = clipNorm === undefined ? gradients : clipTo(gradients, gradNorm, clipNorm);
  const updated = entries.map((entry, i): UpdatedEntry => {
    const settings = { ...adamW, weightDecay: entry.decay ? weightDecay : 0 };
    const state = { name: entry.name, ...adamWUpdate(entry, clipped[i] ?? entry.gradient, rates, settings) };
    return entry.ema === undefined ? state : { ...state, ema: averaged(entry, entry.ema, state.parameter, rates) };
  });
  return { entries: updated, gradNorm };
}

function averaged({ name }: UpdateEntry, ema: Tensor, parameter: Tensor, { emaDecay }: UpdateRates): Tensor {
  if (emaDecay === undefined) throw new ShapeError(`updateGraph: ${name} has a moving average, but rates.emaDecay is missing`);
  return emaUpdate(ema, parameter, emaDecay);
}

function checkEntry({ name, parameter, ...others }: UpdateEntry): void {
  const { gradient, firstMoment, secondMoment, ema = parameter } = others;
  for (const [role, tensor] of Object.entries({ gradient, firstMoment, secondMoment, ema })) {
    if (tensor.shape.join() !== parameter.shape.join()) {
      throw new ShapeError(`updateGraph: ${role} of ${name} is [${tensor.shape.join(", ")}], expected [${parameter.shape.join(", ")}]`);
    }
  }
}
