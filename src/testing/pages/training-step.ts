/** @file Page: run given models on given feeds, and the fused optimizer on given gradients, in the browser. */

import { tensorFrom, toNumbers, type Dtype, type HostTensor } from "#engine/array";
import { fusedAdamW, parameterArena, startEma, type ArenaParameter, type FusedAdamWOptions } from "#engine/optim";
import { openSession } from "#engine/runtime/web";

export interface PlainTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface TrainingStepRequest {
  readonly model: readonly number[];
  readonly feeds: Readonly<Record<string, PlainTensor>>;
  readonly wasmPaths: string;
  readonly threads: number;
  readonly fused: FusedRequest;
}

export interface FusedRequest {
  readonly specs: readonly ArenaParameter[];
  readonly options: FusedAdamWOptions;
  /** Values of every parameter, then of every gradient, in the order of `specs`. */
  readonly values: readonly (readonly number[])[];
  readonly gradients: readonly (readonly number[])[];
  readonly steps: number;
}

export interface TrainingStepResult {
  readonly isolated: boolean;
  /** Of the plain call. */
  readonly run: Readonly<Record<string, number[]>>;
  /** Of the bound call. */
  readonly bound: Readonly<Record<string, number[]>>;
  readonly fused: readonly number[];
}

export async function main(request: TrainingStepRequest): Promise<TrainingStepResult> {
  const { threads, wasmPaths } = request;
  await using session = await openSession(Uint8Array.from(request.model), { threads, wasmPaths });
  const feeds = Object.fromEntries(
    Object.entries(request.feeds).map(([name, { dtype, shape, values }]) => [name, tensorFrom(dtype, shape, values)]),
  );
  const results = await session.run(feeds);
  const targets = Object.fromEntries(
    Object.entries(results).map(([name, { dtype, shape, data }]) => [name, tensorFrom(dtype, shape, new Array<number>(data.length).fill(NaN))]),
  );
  await session.bind(feeds, targets).run();
  return { isolated: crossOriginIsolated, run: plain(results), bound: plain(targets), fused: fusedSteps(request.fused) };
}

function plain(tensors: Readonly<Record<string, HostTensor>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

/** Parameters, then their moving averages, after some steps with the same gradients. */
export function fusedSteps({ specs, options, values, gradients, steps }: FusedRequest): number[] {
  const arena = parameterArena(specs, { ema: true });
  [...arena.params.values()].forEach((array, i) => array.set(values[i] ?? []));
  [...arena.gradients.values()].forEach((array, i) => array.set(gradients[i] ?? []));
  startEma(arena);
  const adamW = fusedAdamW(arena, options);
  for (let step = 1; step <= steps; step++) adamW.step({ lr: 1e-2, step, emaDecay: 0.9 });
  return [...arena.params.values(), ...arena.ema.values()].flatMap((array) => [...array]);
}
