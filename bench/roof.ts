/** @file The roof that speeds are measured against: the best rate of a plain product with a constant matrix. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zeros, type HostTensor } from "#engine/array";
import { emit, gemm, input, INT4_BLOCK, int4Keys, slice, stored, type StoredFormat } from "#engine/graph";
import { openModelFile } from "#engine/runtime/node";
import { millisecondsOf } from "./benchmark.ts";

/** f32[m, k] times a constant [k, n]. */
export type ProductSize = readonly [m: number, k: number, n: number];

export interface RoofOptions {
  /** Products to try beside the square ones, such as those of the network that is measured. */
  readonly products?: readonly ProductSize[];
  /** How the constants may be stored. Default as floats. */
  readonly formats?: readonly StoredFormat[];
  /** A call goes on for at least so long, ms; every product runs once even if that takes longer. */
  readonly turnMs?: number;
}

/** Square products make the roof for every network. */
const SQUARES: readonly ProductSize[] = [512, 1024, 2048].map((edge) => [edge, edge, edge]);

const TURN_MS = 250;

interface Timed {
  readonly flop: number;
  run(): Promise<void>;
}

/**
 * The best rate over the products, GFLOP/s, at every call.
 *
 * One side is a constant of the graph, as weights are, which ONNX Runtime packs once when it opens the graph: packed at every call, products are slower than those of the
 * networks that they are to be a roof of. Every product has run before it is timed.
 */
export async function openRoof({ products = [], formats = ["f32"], turnMs = TURN_MS }: RoofOptions = {}): Promise<() => Promise<number>> {
  const folder = await mkdtemp(join(tmpdir(), "tendon-roof-"));
  const timed: Timed[] = [];
  for (const size of [...SQUARES, ...products]) {
    for (const format of formats) timed.push(await openProduct(size, { format, folder, name: `product-${timed.length}` }));
  }
  for (const { run } of timed) await run();
  // What a session has mapped stays readable; Windows alone refuses to remove it, and there it is left to be cleared with other temporary files.
  if (process.platform !== "win32") await rm(folder, { recursive: true });
  return async () => {
    const start = performance.now();
    let best = 0;
    do {
      for (const { flop, run } of timed) best = Math.max(best, flop / (await millisecondsOf(run)) / 1e6);
    } while (performance.now() - start < turnMs);
    return best;
  };
}

interface Place {
  readonly format: StoredFormat;
  readonly folder: string;
  /** Of the files. */
  readonly name: string;
}

async function openProduct([m, k, n]: ProductSize, { format, folder, name }: Place): Promise<Timed> {
  const a = input("a", "f32", [m, k]);
  const product = gemm(a, stored(name, [n, k], format), { transB: true });
  // One row is enough to ask for all, and is not worth counting; a large output would be copied at every call, which is no product.
  const lengths = bytesOfConstant(name, [n, k], format);
  const { bytes } = emit({ name, inputs: { a }, outputs: { row: slice(product, 0, 0, 1) } }, (key) => ({ location: key, offset: 0, length: lengths[key] ?? 0 }));
  for (const [key, length] of Object.entries(lengths)) await writeFile(join(folder, key), new Float32Array(length / 4).fill(1));
  await writeFile(join(folder, `${name}.onnx`), bytes);
  const session = await openModelFile(join(folder, `${name}.onnx`));
  const call = session.bind({ a: ones([m, k]) }, { row: zeros("f32", [1, n]) });
  return { flop: 2 * m * k * n, run: () => call.run() };
}

/** Length of every file that holds a part of it. Its values do not change the time, as long as they are usual numbers. */
function bytesOfConstant(name: string, [rows, columns]: readonly [number, number], format: StoredFormat): Readonly<Record<string, number>> {
  if (format === "f32") return { [name]: 4 * rows * columns };
  const [blocks, keys] = [rows * Math.ceil(columns / INT4_BLOCK), int4Keys(name)];
  return { [keys.codes]: (blocks * INT4_BLOCK) / 2, [keys.scales]: 4 * blocks };
}

function ones(shape: readonly number[]): HostTensor {
  const tensor = zeros("f32", shape);
  tensor.data.fill(1);
  return tensor;
}
