/** @file Convolution of many small images with many channels in fewer products, as matrix products throughout. */

import { tensorFrom } from "#engine/array";
import type { Emitter, LowerTypes } from "../op.ts";
import type { Conv2dGeometry } from "./lower-conv2d.ts";
import { MOST_RESULTS, shortCorrelation, transposed, WINDOW, type Matrix } from "./toom-cook.ts";

/** Fewer channels do not pay for the transformations. */
const FEWEST_CHANNELS = 32;

/** The transformations of longer axes, which are products with matrices that are mostly zero, outweigh what they save. */
const LONGEST_AXIS = 24;

/** Every point has a matrix of its own, which has to be read: few images, as when acting, do not pay for that. */
const FEWEST_IMAGES = 32;

/** The first tensor of all three ops has the batch first, and the three together have both numbers of channels second. */
export function isToomCook({ kernel, stride, input, output }: Conv2dGeometry, types: LowerTypes): boolean {
  const channels = [...types.inputs, types.output].map(({ shape }) => shape[1] ?? 0);
  const isLarge = (types.inputs[0]?.shape[0] ?? 0) >= FEWEST_IMAGES && channels.every((count) => count >= FEWEST_CHANNELS);
  const isSmall = [...input, ...output].every((extent) => extent <= LONGEST_AXIS);
  return kernel === WINDOW && stride === 1 && types.output.dtype === "f32" && isLarge && isSmall;
}

type Names = readonly [string, string];

/**
 * The result. The images are cut into tiles that overlap by two rows and columns, each tile is transformed along both axes, every one of
 * its transformed pixels goes through a matrix of its own from channels to channels, and what comes out is transformed back. Images lie as
 * [h, w, B, C] between, so that all of it is products of a matrix with long rows.
 *
 * @param inputs names of x f32[B, C, h, w] and of the weight f32[O, C, 3, 3]
 */
export function toomCookConv(emit: Emitter, [x, weight]: Names, geometry: Conv2dGeometry, types: LowerTypes): string {
  const plan = planOf(emit, geometry);
  const [batch = 0, outputs = 0] = types.output.shape;
  const [, channels = 0] = types.inputs[0]?.shape ?? [];
  const values = plan.enter(x, "values", batch, channels);
  const matrices = plan.weights(weight, outputs, channels);
  const products = emit.node("MatMul", [values, emit.node("Transpose", [matrices], { perm: [0, 1, 2, 4, 3] })]);
  return plan.leave(products, "results", batch, outputs);
}

/** The cotangent of the images, every step transposed. @param inputs names of g, of the shape of the result, and of the weight */
export function toomCookInputs(emit: Emitter, [g, weight]: Names, geometry: Conv2dGeometry, types: LowerTypes): string {
  const plan = planOf(emit, geometry);
  const [batch = 0, channels = 0] = types.output.shape;
  const [, outputs = 0] = types.inputs[0]?.shape ?? [];
  const slopes = plan.enter(g, "results", batch, outputs);
  const products = emit.node("MatMul", [slopes, plan.weights(weight, outputs, channels)]);
  return plan.leave(products, "values", batch, channels);
}

/** The cotangent of the weight. @param inputs names of x and of g, of the shape of the result */
export function toomCookWeights(emit: Emitter, [x, g]: Names, geometry: Conv2dGeometry, types: LowerTypes): string {
  const plan = planOf(emit, geometry);
  const [outputs = 0, channels = 0] = types.output.shape;
  const [batch = 0] = types.inputs[0]?.shape ?? [];
  const values = plan.enter(x, "values", batch, channels);
  const slopes = plan.enter(g, "results", batch, outputs);
  const perRow = emit.node("MatMul", [emit.node("Transpose", [slopes], { perm: [0, 1, 2, 4, 3] }), values]); // [n, tiles, n, O, C]
  const summed = plan.down.tiles === 1 ? perRow : emit.node("ReduceSum", [perRow, emit.integers([1])], { keepdims: 0 });
  const rows = emit.node("Reshape", [summed, emit.integers([plan.down.points * plan.across.points, outputs * channels])]);
  const matrix = emit.node("Gemm", [rows, plan.window], { transA: 1 }); // [O·C, 9]
  return emit.node("Reshape", [matrix, emit.integers([outputs, channels, WINDOW, WINDOW])]);
}

/** How one axis is cut and transformed. */
interface Axis {
  /** Transformed pixels of a tile. */
  readonly points: number;
  readonly tiles: number;
  readonly window: Matrix;
  /** [points·tiles, input], points slowest: the transformed pixels of all tiles from the pixels of the images, padding left out. */
  readonly values: Matrix;
  /** [output, points·tiles]: the pixels of the result from its transformed pixels. */
  readonly results: Matrix;
}

function axisOf(input: number, output: number, padding: number): Axis {
  const choices = Array.from({ length: MOST_RESULTS }, (_, i) => i + 1);
  const products = (step: number): number => Math.ceil(output / step) * (step + WINDOW - 1);
  const step = choices.reduce((best, each) => (products(each) < products(best) ? each : best));
  const tiles = Math.ceil(output / step);
  const { window, values, results } = shortCorrelation(step);
  const perTile = <T>(make: (point: number, tile: number) => T): T[] =>
    values.flatMap((_, point) => Array.from({ length: tiles }, (_, tile) => make(point, tile)));
  const row = (extent: number, value: (at: number) => number | undefined): number[] =>
    Array.from({ length: extent }, (_, at) => value(at) ?? 0);
  return {
    points: values.length,
    tiles,
    window,
    values: perTile((point, tile) => row(input, (at) => values[point]?.[at + padding - tile * step])),
    results: transposed(perTile((point, tile) => row(output, (at) => results[at - tile * step]?.[point]))),
  };
}

/** Which of an axis's matrices leads to transformed pixels; the way back from there is the other, or this one's transpose. */
type Side = "values" | "results";

interface Plan {
  readonly down: Axis;
  readonly across: Axis;
  /** f32[points down · points across, 9] */
  readonly window: string;
  /** Images [B, C, h, w] of the side, to transformed pixels [points, tiles, points, tiles·B, C]. */
  enter(images: string, side: Side, batch: number, channels: number): string;
  /** And back. */
  leave(pixels: string, side: Side, batch: number, channels: number): string;
  /** A matrix f32[O, C] for every point, [points, 1, points, O, C]. */
  weights(weight: string, outputs: number, channels: number): string;
}

function planOf(emit: Emitter, { padding, input, output }: Conv2dGeometry): Plan {
  const [down, across] = [0, 1].map((axis) => axisOf(input[axis] ?? 0, output[axis] ?? 0, padding)) as [Axis, Axis];
  const constantOf = (matrix: Matrix): string => emit.constant(tensorFrom("f32", [matrix.length, matrix[0]?.length ?? 0], matrix.flat()));
  const reshape = (x: string, shape: readonly number[]): string => emit.node("Reshape", [x, emit.integers(shape)]);
  const apply = (x: string, [first, second]: readonly [Matrix, Matrix], width: number): string => {
    const [rows, columns] = [first[0]?.length ?? 0, second[0]?.length ?? 0];
    const once = emit.node("MatMul", [constantOf(first), reshape(x, [rows, columns * width])]);
    return emit.node("MatMul", [constantOf(second), reshape(once, [first.length, columns, width])]);
  };
  const product = down.window.flatMap((a) => across.window.map((b) => a.flatMap((left) => b.map((right) => left * right))));
  const window = constantOf(product);
  const enterBy = ({ values, results }: Axis, side: Side): Matrix => (side === "values" ? values : transposed(results));
  const leaveBy = ({ values, results }: Axis, side: Side): Matrix => (side === "results" ? results : transposed(values));
  return {
    down,
    across,
    window,
    enter(images, side, batch, channels) {
      const [height = 0, width = 0] = side === "values" ? input : output;
      const rows = reshape(images, [batch * channels, height * width]);
      const pixels = apply(emit.node("Transpose", [rows], { perm: [1, 0] }), [enterBy(down, side), enterBy(across, side)], batch * channels);
      return reshape(pixels, [down.points, down.tiles, across.points, across.tiles * batch, channels]);
    },
    leave(pixels, side, batch, channels) {
      const images = apply(pixels, [leaveBy(down, side), leaveBy(across, side)], batch * channels);
      const [height = 0, width = 0] = side === "results" ? output : input;
      const rows = emit.node("Transpose", [reshape(images, [height * width, batch * channels])], { perm: [1, 0] });
      return reshape(rows, [batch, channels, height, width]);
    },
    weights(weight, outputs, channels) {
      const rows = reshape(weight, [outputs * channels, WINDOW * WINDOW]);
      const matrices = emit.node("Gemm", [window, rows], { transB: 1 });
      return reshape(matrices, [down.points, 1, across.points, outputs, channels]);
    },
  };
}
