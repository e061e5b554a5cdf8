/** @file What a head may be given: every tensor is looked at before anything is traced with it, for all heads in one way. */

import type { Shape } from "#engine/array";
import { assertDtype, assertShape, type Tensor } from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec, ChunkTargets, HostInput } from "./head.ts";

/** What the tensors are held against. */
export interface HeadSizes {
  readonly chunk: ChunkSpec;
  /** C; null where the conditioning is not read. */
  readonly condSize: number | null;
  readonly noiseShape?: Shape;
  readonly hostInputs?: Readonly<Record<string, HostInput>>;
}

/** What `loss`, `sample` or `step` of a head was given. */
export interface HeadTensors {
  /** f32[B, C] */
  readonly cond: Tensor;
  readonly targets?: ChunkTargets;
  /** By the names of the host inputs. */
  readonly inputs?: Readonly<Record<string, Tensor>>;
  /** f32[B, ...noiseShape]; not read, and not looked at, where that is [0]. */
  readonly noise?: Tensor;
  /** f32[B, H, A] */
  readonly x?: Tensor;
  /** f32[B, H, A] */
  readonly z?: Tensor | undefined;
}

/**
 * @param who the head, which begins the errors
 * @throws ShapeError naming the first tensor whose shape or dtype does not go with the head or with the batch of `cond`
 */
export function assertHeadInputs(who: string, sizes: HeadSizes, { cond, targets, inputs = {}, noise, x, z }: HeadTensors): void {
  const { chunk: { horizon, actionSize }, condSize, noiseShape = [0], hostInputs = {} } = sizes;
  const [B = 0] = cond.shape;
  assertShape(cond, [B, condSize ?? cond.shape[1] ?? 0], `${who}: cond`);
  if (targets !== undefined) {
    assertShape(targets.actions, [B, horizon, actionSize], `${who}: actions`);
    assertDtype(targets.isPad, "bool", `${who}: isPad`);
    assertShape(targets.isPad, [B, horizon], `${who}: isPad`);
  }
  for (const [name, { dtype, shape }] of Object.entries(hostInputs)) {
    const given = inputs[name];
    if (given === undefined) continue;
    // What is f32 in training is f64 where a head is held against central differences.
    if (dtype === "i64") assertDtype(given, dtype, `${who}: ${name}`);
    assertShape(given, shape(B), `${who}: ${name}`);
  }
  if (noise !== undefined && noiseShape.join() !== "0") assertShape(noise, [B, ...noiseShape], `${who}: noise`);
  if (x !== undefined) assertShape(x, [B, horizon, actionSize], `${who}: x`);
  if (z !== undefined) assertShape(z, [B, horizon, actionSize], `${who}: z`);
}

/** @throws RangeError when the denoiser is made for other chunks than the head */
export function assertDenoiser<P extends ParameterTree>(who: string, denoiser: Denoiser<P>, chunk: ChunkSpec): void {
  const { horizon, actionSize } = denoiser.chunk;
  if (horizon === chunk.horizon && actionSize === chunk.actionSize) return;
  const expected = `${chunk.horizon} steps of ${chunk.actionSize} as the head`;
  throw new RangeError(`${who}: the denoiser is for chunks of ${horizon} steps of ${actionSize}, expected ${expected}; make both for one chunk`);
}
