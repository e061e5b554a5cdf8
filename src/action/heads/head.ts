/** @file What an action head is: it maps conditioning to chunks of actions and owns its loss. */

import type { DtypeArrays, Rng, Shape } from "#engine/array";
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

/** The same on the host, as a batch is being put together. */
export interface HostTargets {
  /** f32[B * H * A] */
  readonly actions: Float32Array;
  /** 1 where the chunk runs past the end of its episode, [B * H]. */
  readonly isPad: Uint8Array;
  /** f32[B * P * 3] m, where what is learned from says where things are: NaN for a point that is not there. */
  readonly points?: Float32Array | undefined;
}

/**
 * An input of the training loss that the host works out for every batch: a random draw, or what a tokenizer makes of
 * the targets. The head says what it needs, the training loop fills it in.
 */
export type HostInput = TypedHostInput<"f32"> | TypedHostInput<"i64">;

export interface TypedHostInput<T extends "f32" | "i64"> {
  readonly dtype: T;
  /** Shape for a batch of B. */
  shape(batch: number): Shape;
  /** Write the values of a batch; the same generator and targets give the same values. */
  write(out: DtypeArrays[T], random: Rng, targets: HostTargets): void;
}

/** What a head makes of a training batch. */
export interface HeadLoss {
  /** f32[], minimized. */
  readonly loss: Tensor;
  /** f32[] each, logged beside the loss under these names. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/**
 * An action head. Both methods are pure: they trace, they do not compute.
 *
 * `I` names the host inputs of the loss; `C` is the conditioning: features f32[B, C] for all but heads that look into a trunk.
 */
export interface ActionHead<P extends ParameterTree = ParameterTree, I extends string = string, C = Tensor> {
  readonly chunk: ChunkSpec;
  readonly parameters: P;
  readonly hostInputs: Readonly<Record<I, HostInput>>;
  /** Training loss of a batch. */
  loss(params: Traced<P>, cond: C, targets: ChunkTargets, inputs: Readonly<Record<I, Tensor>>): HeadLoss;
  /** Shape of the noise that `sample` takes for one chunk; `[0]` for a head that draws nothing. */
  readonly noiseShape: Shape;
  /** f32[B, H, A] normalized chunk, deterministic given `noise` f32[B, ...noiseShape] ~ N(0, I). */
  sample(params: Traced<P>, cond: C, noise: Tensor): Tensor;
}

/** A head that can be sampled one network call at a time, by a host loop that chooses the number of steps while running. */
export interface SteppedHead<P extends ParameterTree = ParameterTree, I extends string = string, C = Tensor> extends ActionHead<P, I, C> {
  /** Whether `step` reads fresh noise `z`. */
  readonly addsNoise: boolean;
  /** What tells each step where it stands, when a chunk is drawn in so many: [steps][numbers], from noise to chunk. */
  stepNumbers(steps: number): readonly (readonly number[])[];
  /** f32[B, H, A] the chunk after one more step; it starts as noise f32[B, H, A] ~ N(0, I). */
  step(params: Traced<P>, cond: C, values: StepValues): Tensor;
}

export interface StepValues {
  /** f32[B, H, A] */
  readonly x: Tensor;
  /** f32[numbers], one row of `stepNumbers`. */
  readonly numbers: Tensor;
  /** f32[B, H, A] standard normals, for a head that adds noise. */
  readonly z?: Tensor;
}
