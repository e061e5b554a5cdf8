/** @file Parameters and optimizer state in WebAssembly memory, as plain Float32Arrays that a runtime can read and write in place. */

import { fusedKernel, type FusedKernel } from "./kernel.ts";
import { arenaLayout, type ParameterRange, type ParameterSpec, type Section, type SegmentLayout } from "./layout.ts";

/** Each array has exactly its parameter's length, row-major. Arrays stay attached for the arena's life. */
export type NamedArrays = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** One memory, as the optimizer sees it: a kernel, the sections' first bytes, the ranges to run over. */
export interface ArenaSegment {
  readonly kernel: FusedKernel;
  readonly sections: Readonly<Record<Section, number>>;
  readonly ranges: readonly ParameterRange[];
}

export interface ParameterArena {
  /** Values of every parameter, frozen ones included. Zero at first. */
  readonly params: NamedArrays;
  /** Of trainable parameters: where a training graph writes its gradients. */
  readonly gradients: NamedArrays;
  readonly firstMoments: NamedArrays;
  readonly secondMoments: NamedArrays;
  /** Moving averages of every parameter, or empty. A frozen parameter is its own average: the same array as in `params`. */
  readonly ema: NamedArrays;
  readonly hasEma: boolean;
  readonly accumulates: boolean;
  readonly segments: readonly ArenaSegment[];
  /** Bytes over all memories. */
  readonly byteLength: number;
}

export interface ArenaOptions {
  /** Whether to keep moving averages of the parameters. */
  readonly ema: boolean;
  /** Whether to keep sums of gradients over micro-batches; default false. */
  readonly accumulate?: boolean;
  /** Bytes a memory may have; default 4 GiB, WebAssembly's limit for 32-bit addresses. */
  readonly maxMemoryBytes?: number;
}

const PAGE_BYTES = 65536;
const MAX_MEMORY_BYTES = 4 * 1024 ** 3;

/**
 * Lays out `specs` in one or more memories; a parameter stays whole. Frozen parameters take 4 bytes per value, trainable ones 16, and
 * 4 more each for `ema` and `accumulate`. Memories are not shared: ONNX Runtime refuses arrays on shared memory.
 */
export function parameterArena(specs: readonly ParameterSpec[], options: ArenaOptions): ParameterArena {
  const { ema: hasEma, accumulate = false, maxMemoryBytes = MAX_MEMORY_BYTES } = options;
  const layouts = arenaLayout(specs, { ema: hasEma, accumulate, maxMemoryBytes });
  const parts = layouts.map((layout) => ({ layout, memory: fixedMemory(layout.byteLength) }));
  const views = (section: Section, frozenToo: boolean) => namedViews(specs, parts, section, frozenToo);
  const params = views("params", true);
  const averages = hasEma ? views("ema", false) : new Map<string, Float32Array<ArrayBuffer>>();
  return {
    params,
    gradients: views("gradients", false),
    firstMoments: views("firstMoments", false),
    secondMoments: views("secondMoments", false),
    ema: hasEma ? new Map([...params].map(([name, values]) => [name, averages.get(name) ?? values])) : averages,
    hasEma,
    accumulates: accumulate,
    segments: parts.map(({ layout, memory }) => ({
      kernel: fusedKernel(memory),
      sections: layout.sections,
      ranges: layout.ranges,
    })),
    byteLength: layouts.reduce((sum, layout) => sum + layout.byteLength, 0),
  };
}

/** Starts the moving averages at the parameters' present values. */
export function startEma(arena: ParameterArena): void {
  for (const [name, average] of arena.ema) {
    const values = arena.params.get(name);
    if (values !== undefined && values !== average) average.set(values);
  }
}

/** A memory that cannot grow, for growing would detach every view of it. */
function fixedMemory(byteLength: number): WebAssembly.Memory {
  const pages = Math.ceil(byteLength / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new Error(`parameterArena: the host gives no memory of ${byteLength} bytes; train fewer parameters or lower maxMemoryBytes`, { cause });
  }
}

interface Part {
  readonly layout: SegmentLayout;
  readonly memory: WebAssembly.Memory;
}

/** Views in the order of `specs`, whatever the order in memory. */
function namedViews(specs: readonly ParameterSpec[], parts: readonly Part[], section: Section, frozenToo: boolean): NamedArrays {
  const found = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { layout, memory } of parts) {
    for (const { name, trainable, offset, length } of layout.placements) {
      if (trainable || frozenToo) found.set(name, new Float32Array(memory.buffer, layout.sections[section] + offset, length));
    }
  }
  const ordered = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { name } of specs) {
    const view = found.get(name);
    if (view !== undefined) ordered.set(name, view);
  }
  return ordered;
}
