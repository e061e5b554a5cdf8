/** @file The optimizer's WebAssembly module, assembled on first use, and its instance on a given memory. */

import { adamwFunction } from "./adamw-loop.ts";
import { clearFunction, scaleAddFunction, sumSquaresFunction } from "./gradient-loops.ts";
import { moduleBytes } from "./wasm.ts";

/**
 * Loops over one memory. Addresses are bytes, multiples of 16; counts are floats, multiples of 16. Arguments are positional, unlike
 * elsewhere, because these are the exports of the module themselves and a call allocates nothing.
 */
export interface FusedKernel {
  /** Σ xᵢ² over `count` floats at `source`, accumulated in f64 in a fixed order. */
  sumSquares(source: number, count: number): number;
  /** One AdamW step in place, see `adamw-loop.ts`. `ema` 0: no moving average. `biasCorrection` is 1 − βᵗ. */
  adamw(
    params: number,
    gradients: number,
    firstMoments: number,
    secondMoments: number,
    ema: number,
    count: number,
    lr: number,
    beta1: number,
    beta2: number,
    eps: number,
    weightDecay: number,
    biasCorrection1: number,
    biasCorrection2: number,
    gradScale: number,
    emaDecay: number,
  ): void;
  /** target ← target + scale·source. */
  scaleAdd(target: number, source: number, count: number, scale: number): void;
  /** target ← 0. */
  clear(target: number, count: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** The kernel over `memory`. The module has about a kilobyte, little enough to be compiled synchronously on a page's main thread. */
export function fusedKernel(memory: WebAssembly.Memory): FusedKernel {
  compiled ??= new WebAssembly.Module(kernelBytes());
  const { exports } = new WebAssembly.Instance(compiled, { host: { memory } });
  // The four functions assembled below are exactly the members of FusedKernel; WebAssembly's types cannot say so.
  return exports as unknown as FusedKernel;
}

/** The module's bytes. */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  return moduleBytes([sumSquaresFunction(), adamwFunction(), scaleAddFunction(), clearFunction()]);
}
