/** @file The roof that speeds are measured against: the best rate of a plain matrix product. */

import { zeros } from "#engine/array";
import { emit, input, matmul } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { millisecondsOf } from "./benchmark.ts";

/** Edges of the square products that make the roof. */
const ROOF_EDGES = [512, 1024, 2048];

/** The best MatMul rate over the edges, GFLOP/s, at every call. */
export async function openRoof(): Promise<() => Promise<number>> {
  const products = await Promise.all(
    ROOF_EDGES.map(async (edge) => {
      const shape = [edge, edge];
      const [a, b] = [input("a", "f32", shape), input("b", "f32", shape)];
      const { bytes } = emit({ name: `roof-${edge}`, inputs: { a, b }, outputs: { c: matmul(a, b) } });
      const session = await openSession(bytes);
      const ones = zeros("f32", shape);
      ones.data.fill(1);
      return { edge, call: session.bind({ a: ones, b: ones }, { c: zeros("f32", shape) }) };
    }),
  );
  return async () => {
    let best = 0;
    for (const { edge, call } of products) {
      const ms = await millisecondsOf(() => call.run());
      best = Math.max(best, (2 * edge ** 3) / ms / 1e6);
    }
    return best;
  };
}
