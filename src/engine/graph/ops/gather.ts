/** @file Embedding lookup, and the scatter-add that is its gradient. */

import { defineOp } from "../op.ts";
import { assertDtype, sameShape, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";

/**
 * Rows of a table.
 *
 * @param table f32[K, ...]
 * @param ids i64[...] in [0, K); ONNX Runtime stops on an id outside
 * @returns f32[...ids.shape, ...table.shape[1:]]
 */
export function gather(table: Tensor, ids: Tensor): Tensor {
  return gatherOp([table, ids], {});
}

/**
 * Zeros of f32[count, ...] with every row of `values` added at its id; repeated ids add up.
 *
 * @param ids i64[...]
 * @param values f32[...ids.shape, ...row]
 * @param count rows of the result
 */
export function scatterAdd(ids: Tensor, values: Tensor, count: number): Tensor {
  return scatterAddOp([ids, values], { count });
}

const gatherOp = defineOp<[table: Tensor, ids: Tensor]>({
  name: "gather",
  infer([table, ids]) {
    assertDtype(ids, "i64", "gather: ids");
    if (table.shape.length === 0) throw new ShapeError(`gather: table is ${formatType(table)}, expected rows`);
    return { dtype: table.dtype, shape: [...ids.shape, ...table.shape.slice(1)] };
  },
  vjp: (g, [table, ids]) => [scatterAdd(ids, g, table.shape[0] ?? 0), null],
  lower: (emit, [table, ids]) => emit.node("Gather", [table, ids], { axis: 0 }),
});

const scatterAddOp = defineOp<[ids: Tensor, values: Tensor], { count: number }>({
  name: "scatterAdd",
  infer([ids, values], { count }) {
    assertDtype(ids, "i64", "scatterAdd: ids");
    const rank = ids.shape.length;
    if (!sameShape(values.shape.slice(0, rank), ids.shape)) {
      throw new ShapeError(`scatterAdd: values are ${formatType(values)}, expected one row per id of ${formatType(ids)}`);
    }
    return { dtype: values.dtype, shape: [count, ...values.shape.slice(rank)] };
  },
  vjp: (g, [ids]) => [null, gather(g, ids)],
  lower(emit, [ids, values], _attributes, { inputs, output }) {
    const zero = emit.scalar(0, output);
    const zeros = emit.node("Expand", [zero, emit.integers(output.shape)]);
    // ScatterND wants index tuples: one more axis of extent 1.
    const tuples = emit.node("Unsqueeze", [ids, emit.integers([inputs[0]?.shape.length ?? 0])]);
    return emit.node("ScatterND", [zeros, tuples, values], { reduction: "add" });
  },
});
