import { describe, expect, it, test } from "vitest";
import { evaluate, f32, f64, normals, operatorCounts } from "#testing";
import * as g from "../index.ts";
import type { Tensor } from "../index.ts";

const [B, C, O] = [2, 3, 2] as const;

/** Step k of a weight [O, K, C], as a matrix [O, C]; of the transposed one [C, K, O], as [O, C] too. */
const tapOf = (weight: Tensor, k: number): Tensor => g.reshape(g.slice(weight, 1, k, k + 1), [weight.shape[0] ?? 0, weight.shape[2] ?? 0]);
const taps = (weight: Tensor): Tensor[] => Array.from({ length: weight.shape[1] ?? 0 }, (_, k) => tapOf(weight, k));

describe.each([[3, 1, 1, 7], [5, 1, 2, 4], [5, 1, 2, 1], [3, 2, 1, 8], [3, 2, 1, 7], [4, 3, 0, 7], [1, 1, 0, 5], [2, 3, 2, 4]])(
  "with kernel %d, stride %d, padding %d on %d steps",
  (kernel, stride, padding, length) => {
    const options = { stride, padding };

    it("tapConv1d is conv1d", async () => {
      const fn = (x: Tensor, w: Tensor, b: Tensor): Tensor[] => [g.tapConv1d(x, taps(w), b, options), g.conv1d(x, w, b, options)];
      const values = [normals(B * length * C, 1), normals(O * kernel * C, 2), [0.5, -2]];
      const [ours = [], theirs = []] = await evaluate(fn, [f64(B, length, C), f64(O, kernel, C), f64(O)], values);
      expect(ours).toHaveLength(theirs.length);
      ours.forEach((value, i) => expect(value).toBeCloseTo(theirs[i] ?? NaN, 12));
    });

    const extent = (length - 1) * stride - 2 * padding + kernel;
    it.runIf(extent > 0)("tapConvTranspose1d is convTranspose1d", async () => {
      const fn = (x: Tensor, w: Tensor, b: Tensor): Tensor[] => [
        g.tapConvTranspose1d(x, taps(w).map((tap) => g.transpose(tap)), b, options),
        g.convTranspose1d(x, w, b, options),
      ];
      const values = [normals(B * length * C, 1), normals(C * kernel * O, 2), [0.5, -2]];
      const [ours = [], theirs = []] = await evaluate(fn, [f64(B, length, C), f64(C, kernel, O), f64(O)], values);
      expect(ours).toHaveLength(B * extent * O);
      ours.forEach((value, i) => expect(value).toBeCloseTo(theirs[i] ?? NaN, 12));
    });
  },
);

test("what lies in the padding is not multiplied", () => {
  const x = g.input("x", "f32", [B, 1, C]);
  const weights = Array.from({ length: 5 }, (_, k) => g.input(`w${k}`, "f32", [O, C]));
  const bias = g.input("b", "f32", [O]);
  const y = g.tapConv1d(x, weights, bias, { padding: 2 });
  const inputs = { x, b: bias, ...Object.fromEntries(weights.map((weight, k) => [`w${k}`, weight])) };
  expect(operatorCounts({ name: "one-step", inputs, outputs: { y } })).toEqual({ Gemm: 1, Reshape: 2 });
});

test("the bias comes once to every step, also to those that nothing else reaches", async () => {
  const fn = (x: Tensor, w: Tensor, b: Tensor): Tensor => g.tapConvTranspose1d(x, [w], b, { stride: 3 });
  expect(await evaluate(fn, [f32(1, 2, 1), f32(1, 1), f32(1)], [[1, 10], [2], [0.5]])).toEqual([[2.5, 0.5, 0.5, 20.5]]);
});

describe("operands that do not fit are named", () => {
  const [x, tap, bias] = [g.input("x", "f32", [B, 4, C]), g.input("w", "f32", [O, C]), g.input("b", "f32", [O])];
  it.each([
    [() => g.tapConv1d(g.input("x", "f32", [4, C]), [tap], bias), "tapConv1d: x is f32[4, 3], expected [B, L, C]"],
    [() => g.tapConv1d(x, [tap, g.transpose(tap)], bias), "tapConv1d: tap 1 is f32[3, 2], expected [2, 3]"],
    [() => g.tapConv1d(x, Array<Tensor>(7).fill(tap), bias, { padding: 1 }), "tapConv1d: f32[2, 4, 3] holds no window of kernel 7, stride 1, padding 1"],
    [() => g.tapConv1d(x, [], bias), "tapConv1d: f32[2, 4, 3] holds no window of kernel 0, stride 1, padding 0"],
    [() => g.tapConvTranspose1d(x, [tap], tap), "tapConvTranspose1d: bias is f32[2, 3], expected [O]"],
  ])("%#", (ask, message) => {
    expect(ask).toThrow(new g.ShapeError(message));
  });
});
