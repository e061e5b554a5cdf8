/** @file Tests of convolutions in fewer products: in single precision they agree with plain sums in double precision. */

import { describe, expect, it, test } from "vitest";
import { evaluate, f32, f64, normals, operatorCounts, relativeError, type Traceable } from "#testing";
import * as g from "../index.ts";
import type { Tensor } from "../index.ts";

const B = 32;

describe.each([
  [32, 32, 3, 3, 1],
  [33, 32, 5, 7, 1],
  [32, 34, 10, 4, 1],
  [32, 32, 13, 5, 0],
  [32, 32, 1, 2, 1],
  [32, 32, 4, 8, 2],
])("%d channels to %d, %d by %d pixels, padding %d", (C, O, h, w, padding) => {
  const shapes = [[B, C, h, w], [O, C, 3, 3]] as const;
  const values = [normals(B * C * h * w, 1), normals(O * C * 9, 2).map((value) => value / 17)];

  const agrees = async (fn: Traceable): Promise<void> => {
    const single = await evaluate(fn, shapes.map((shape) => f32(...shape)), values);
    const double = await evaluate(fn, shapes.map((shape) => f64(...shape)), values);
    expect(single).toHaveLength(double.length);
    single.forEach((part, i) => expect(relativeError(part, double[i] ?? [])).toBeLessThan(1e-5));
  };
  const slopesOf = (x: Tensor, k: Tensor): Tensor[] => {
    const y = g.conv2d(x, k, { padding });
    return g.gradients(g.sum(g.mul(g.sin(y), y)), [x, k]);
  };

  it("the result is that of plain sums", () => agrees((x, k) => g.conv2d(x as Tensor, k as Tensor, { padding })));

  it("so are both derivatives", () => agrees((x, k) => slopesOf(x as Tensor, k as Tensor)));

  it("and their derivatives", () =>
    agrees((x, k) => {
      const squares = slopesOf(x as Tensor, k as Tensor).map((slope) => g.mean(g.mul(slope, slope)));
      return g.gradients(squares.reduce((a, b) => g.add(a, b)), [x as Tensor, k as Tensor]);
    }));
});

describe("plain sums stay", () => {
  const countsOf = (batch: number, channels: number, edge: number, stride: number = 1): Record<string, number> => {
    const [x, w] = [g.input("x", "f32", [batch, channels, edge, edge]), g.input("w", "f32", [40, channels, 3, 3])];
    return operatorCounts({ name: "conv", inputs: { x, w }, outputs: { y: g.conv2d(x, w, { padding: 1, stride }) } });
  };

  it.each([
    ["few images, as when a policy acts", countsOf(2, 64, 16)],
    ["few channels", countsOf(64, 16, 16)],
    ["large images", countsOf(64, 64, 32)],
    ["strides", countsOf(64, 64, 24, 2)],
  ])("for %s", (_case, counts) => expect(counts).toEqual({ Conv: 1 }));

  test("and nowhere else", () => expect(countsOf(64, 64, 16)).not.toHaveProperty("Conv"));
});

test("a step of training transforms images and cotangents once each", () => {
  const [x, w] = [g.input("x", "f32", [B, 32, 3, 3]), g.input("w", "f32", [32, 32, 3, 3])];
  const y = g.conv2d(x, w, { padding: 1 });
  const [dx = y, dw = y] = g.gradients(g.sum(g.mul(y, y)), [x, w]);
  // Two products each to transform x and g and to transform back y and dx, and one each for y, dx and dw.
  expect(operatorCounts({ name: "step", inputs: { x, w }, outputs: { y, dx, dw } })["MatMul"]).toBe(4 * 2 + 3);
});
