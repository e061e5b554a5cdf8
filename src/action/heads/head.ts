/** @file What an action head is: it maps conditioning to chunks of actions and owns its loss. */

import type { Rng, Shape } from "#engine/array";
import type { Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";

/** The chunk a head predicts: H steps of A numbers, starting at the current tick. */
export interface ChunkSpec {
  /** H */
  readonly horizon: number;
  /** A */
  readonly actionSize: number;
}

/** What a chunk should have been. */
export interface ChunkTargets {
  /** f32[B, H, A] normalized to about [-1, 1]. */
  readonly actions: Tensor;
  /** bool[B, H] true where the chunk runs past the end of its episode. */
  readonly isPad: Tensor;
}

/** A random input of the training loss: the head says what it needs, the training loop draws it. */
export interface Draw {
  /** Shape for a batch of B, f32. */
  shape(batch: number): Shape;
  fill(random: Rng, out: Float32Array): void;
}

/**
 * An action head. Both methods are pure: they trace, they do not compute.
 *
 * `D` names the random inputs of the loss.
 */
export interface ActionHead<P extends ParameterTree = ParameterTree, D extends string = string> {
  readonly chunk: ChunkSpec;
  readonly parameters: P;
  readonly draws: Readonly<Record<D, Draw>>;
  /** f32[] training loss of a batch; `cond` is f32[B, C]. */
  loss(params: Traced<P>, cond: Tensor, targets: ChunkTargets, draws: Readonly<Record<D, Tensor>>): Tensor;
  /** f32[B, H, A] normalized chunk, deterministic given `noise` f32[B, H, A] ~ N(0, I). */
  sample(params: Traced<P>, cond: Tensor, noise: Tensor): Tensor;
}

/**
 * A network inside a generative head: (noisy chunk, time, conditioning) → chunk-shaped prediction.
 *
 * It works in two parts. What depends on time and observation alone comes first, so that a sampler can work it out
 * for all its steps at once and read those weights once.
 */
export interface Denoiser<P extends ParameterTree = ParameterTree> {
  readonly parameters: P;
  /**
   * @param time f32[B], in [0, 1]
   * @param cond f32[B, C]
   * @returns f32[B, ...] whatever `predict` needs
   */
  condition(params: Traced<P>, time: Tensor, cond: Tensor): Tensor;
  /**
   * @param x f32[B, H, A]
   * @param condition what `condition` returned
   * @returns f32[B, H, A]
   */
  predict(params: Traced<P>, x: Tensor, condition: Tensor): Tensor;
}
