/** @file Take a range of one axis, every step-th element. */

import { defineOp, withShape } from "../op.ts";
import { normalizeAxis, ShapeError } from "../shape.ts";
import { formatType, type Tensor } from "../tensor.ts";
import { pad } from "./pad.ts";
import { reshape } from "./reshape.ts";

/**
 * x[start] … x[end - 1] along one axis.
 *
 * @param start first index, ≥ 0
 * @param end one past the last index, ≤ the extent; default the extent
 * @throws ShapeError for an empty or impossible range
 */
export function slice(x: Tensor, axis: number, start: number, end?: number): Tensor {
  return sliceEvery(x, axis, { start, end, step: 1 });
}

/**
 * x[start], x[start + step], … below `end`, along one axis.
 *
 * @param range `start` ≥ 0, default 0; `end` ≤ the extent, default the extent; `step` ≥ 1
 * @throws ShapeError for an empty or impossible range
 */
export function sliceEvery(
  x: Tensor,
  axis: number,
  range: { readonly start?: number | undefined; readonly end?: number | undefined; readonly step: number },
): Tensor {
  const { start = 0, end, step } = range;
  const at = normalizeAxis(axis, x.shape.length, "slice");
  const extent = x.shape[at] ?? 0;
  const stop = end ?? extent;
  if (!(start >= 0 && start < stop && stop <= extent && step >= 1)) {
    throw new ShapeError(`slice: range ${start}:${stop}:${step} does not lie in axis ${at} of ${formatType(x)}`);
  }
  if (start === 0 && stop === extent && step === 1) return x;
  return sliceOp([x], { axis: at, start, end: stop, step });
}

interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

const sliceOp = defineOp<[x: Tensor], SliceAttributes>({
  name: "slice",
  infer: ([x], { axis, start, end, step }) =>
    withShape(x, x.shape.map((extent, i) => (i === axis ? Math.ceil((end - start) / step) : extent))),
  vjp(g, [x], _y, { axis, start, step }) {
    const spaced = dilate(g, axis, step);
    const after = (x.shape[axis] ?? 0) - start - (spaced.shape[axis] ?? 0);
    const fitted = after < 0 ? slice(spaced, axis, 0, (spaced.shape[axis] ?? 0) + after) : spaced;
    return [pad(fitted, axis, start, Math.max(after, 0))];
  },
  lower: (emit, [x], { axis, start, end, step }) =>
    emit.node("Slice", [
      x,
      emit.integers([start]),
      emit.integers([end]),
      emit.integers([axis]),
      emit.integers([step]),
    ]),
});

/** Put step - 1 zeros after every element of an axis. */
export function dilate(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const split = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
  const spaced = pad(reshape(x, split), axis + 1, 0, step - 1);
  return reshape(spaced, x.shape.map((extent, i) => (i === axis ? extent * step : extent)));
}
