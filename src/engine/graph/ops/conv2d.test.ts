/** @file Tests of 2-D convolution: closed forms, both ways of lowering, derivatives on images large enough for `Conv`. */

import { describe, expect, it, test } from "vitest";
import { evaluate, f32, f64, normals, operatorCounts, relativeError, withGradients } from "#testing";
import * as g from "../index.ts";
import type { Tensor } from "../index.ts";

test("a window of one pixel that is 1 among zeros shifts the image", async () => {
  const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const corner = [0, 0, 0, 0, 0, 0, 0, 0, 1]; // the pixel below and to the right
  const fn = (x: Tensor, w: Tensor): Tensor => g.conv2d(x, w, { padding: 1 });
  expect(await evaluate(fn, [f32(1, 1, 3, 3), f32(1, 1, 3, 3)], [image, corner])).toEqual([[5, 6, 0, 8, 9, 0, 0, 0, 0]]);
});

test("channels add up, and every output has a window of its own", async () => {
  const fn = (x: Tensor, w: Tensor): Tensor => g.conv2d(x, w, { stride: 2 });
  const specs = [f32(1, 2, 2, 3), f32(2, 2, 1, 1)];
  expect(await evaluate(fn, specs, [[1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60], [1, 1, 0, -1]])).toEqual([[11, 33, -10, -30]]);
});

/** The sums as the docstring writes them. */
function byHand(x: readonly number[], w: readonly number[], [B, C, h, wide, O, K, stride, padding]: readonly number[]): number[] {
  const at = (b: number, i: number, r: number, c: number): number =>
    r < 0 || c < 0 || r >= h! || c >= wide! ? 0 : (x[((b * C! + i) * h! + r) * wide! + c] ?? NaN);
  const counts = [h!, wide!].map((extent) => Math.floor((extent + 2 * padding! - K!) / stride!) + 1);
  const range = (n: number | undefined): number[] => Array.from({ length: n ?? 0 }, (_, i) => i);
  return range(B).flatMap((b) => range(O).flatMap((o) => range(counts[0]).flatMap((r) => range(counts[1]).map((c) =>
    range(C).flatMap((i) => range(K).flatMap((m) => range(K).map((n) =>
      (w[((o * C! + i) * K! + m) * K! + n] ?? NaN) * at(b, i, r * stride! + m - padding!, c * stride! + n - padding!)),
    )).reduce((sum, term) => sum + term, 0)))));
}

describe.each([
  [2, 3, 4, 5, 2, 3, 1, 1],
  [2, 3, 5, 4, 2, 3, 2, 1],
  [1, 2, 6, 7, 3, 2, 3, 0],
  [2, 2, 5, 5, 2, 1, 2, 0],
  [2, 2, 21, 23, 3, 3, 1, 1],
  [2, 2, 41, 38, 3, 7, 2, 3],
  [1, 2, 33, 32, 2, 1, 2, 0],
  [1, 2, 33, 32, 2, 1, 1, 0],
])("of %d images with %d channels, %d by %d pixels, to %d channels with window %d, stride %d, padding %d", (...sizes) => {
  const [B, C, h, w, O, K, stride, padding] = sizes;
  const values = [normals(B * C * h * w, 1), normals(O * C * K * K, 2)] as const;

  it("the result is the sum over the window", async () => {
    const expected = byHand(...values, sizes);
    for (const type of [f32, f64]) {
      const [y = []] = await evaluate((x, k) => g.conv2d(x as Tensor, k as Tensor, { stride, padding }), [type(B, C, h, w), type(O, C, K, K)], values);
      expect(relativeError(y, expected)).toBeLessThan(1e-6);
    }
  });

  it("single precision has the first and second derivatives of double precision", async () => {
    const cubes = (x: Tensor, k: Tensor): Tensor => {
      const y = g.conv2d(x, k, { stride, padding });
      return g.mean(g.mul(g.mul(y, y), y));
    };
    const twice = withGradients((x, k) => {
      const [dx, dk] = g.gradients(cubes(x as Tensor, k as Tensor), [x as Tensor, k as Tensor]) as [Tensor, Tensor];
      return g.add(g.sum(g.mul(dx, dx)), g.sum(g.mul(dk, dk)));
    });
    const once = withGradients(cubes as (...inputs: Tensor[]) => Tensor);
    for (const fn of [once, twice]) {
      const single = await evaluate(fn, [f32(B, C, h, w), f32(O, C, K, K)], values);
      const double = await evaluate(fn, [f64(B, C, h, w), f64(O, C, K, K)], values);
      single.forEach((part, i) => expect(relativeError(part, double[i] ?? [])).toBeLessThan(1e-5));
    }
  });
});

test("large images go to the runtime's kernel as they lie", () => {
  const [x, w] = [g.input("x", "f32", [2, 3, 32, 32]), g.input("w", "f32", [4, 3, 3, 3])];
  expect(operatorCounts({ name: "large", inputs: { x, w }, outputs: { y: g.conv2d(x, w, { padding: 1 }) } })).toEqual({ Conv: 1 });
});

describe("operands that do not fit are named", () => {
  const x = g.input("x", "f32", [2, 3, 4, 5]);
  const weight = (...shape: number[]): Tensor => g.input("w", "f32", shape);
  it.each([
    [() => g.conv2d(x, weight(2, 4, 3, 3)), "conv2d: x is f32[2, 3, 4, 5], weight f32[2, 4, 3, 3], expected [B, C, h, w] and [O, 3, K, K] of one dtype"],
    [() => g.conv2d(x, weight(2, 3, 3, 2)), "conv2d: x is f32[2, 3, 4, 5], weight f32[2, 3, 3, 2], expected [B, C, h, w] and [O, 3, K, K] of one dtype"],
    [() => g.conv2d(g.input("x", "f32", [3, 4]), weight(2, 4, 3, 3)), "conv2d: x is f32[3, 4], weight f32[2, 4, 3, 3], expected [B, C, h, w] and [O, C, K, K] of one dtype"],
    [() => g.conv2d(x, weight(2, 3, 5, 5)), "conv2d: f32[2, 3, 4, 5] holds no window of kernel 5, stride 1, padding 0"],
    [() => g.conv2d(x, weight(2, 3, 3, 3), { padding: 3 }), "conv2d: f32[2, 3, 4, 5] holds no window of kernel 3, stride 1, padding 3"],
    [() => g.maxPool2d(x, { kernel: 3, padding: 2 }), "maxPool2d: f32[2, 3, 4, 5] holds no window of kernel 3, stride 1, padding 2, expected [B, C, h, w]"],
  ])("%#", (ask, message) => {
    expect(ask).toThrow(new g.ShapeError(message));
  });
});

describe("max pooling", () => {
  const image = [1, 2, 3, -4, -5, -6, -7, -8, -9];

  it("takes the largest value of each window, and padding never", async () => {
    const fn = (x: Tensor): Tensor => g.maxPool2d(x, { kernel: 2, stride: 2, padding: 1 });
    expect(await evaluate(fn, [f32(1, 1, 3, 3)], [image])).toEqual([[1, 3, -4, -5]]);
  });

  it("gives a value the gradient of every window it is the largest of", async () => {
    const fn = withGradients((x) => g.sum(g.maxPool2d(x as Tensor, { kernel: 2 })));
    const two = [...image, ...image.toReversed()];
    const [, slope] = await evaluate(fn, [f32(1, 2, 3, 3)], [two]);
    expect(slope).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0]);
  });
});
