/** @file Tests of differentiation as a transformation: what it visits, what it adds up, what it leaves out. */

import { describe, expect, it } from "vitest";
import { evaluate, f32, f64, gradientError, normals, operatorCounts } from "#testing";
import {
  add, cast, exp, gemm, gradients, greater, input, mul, reachable, relu, sin, ShapeError, stopGradient, sub, sum, tanh, where, type Tensor,
} from "./index.ts";

const only = (tensors: readonly Tensor[]): Tensor => tensors[0] as Tensor;

describe("a parameter", () => {
  it("the loss does not depend on has gradient zero, in its own shape and dtype", async () => {
    const [dx, dunused] = await evaluate((x, unused) => gradients(sum(mul(x, x)), [x, unused]), [f32(2), f32(1, 3)], [[1, 2], [5, 6, 7]]);
    expect(dx).toEqual([2, 4]);
    expect(dunused).toEqual([0, 0, 0]);
    const unused = input("u", "f64", [2, 2]);
    expect(only(gradients(sum(input("x", "f32", [1])), [unused]))).toMatchObject({ dtype: "f64", shape: [2, 2] });
  });

  it("that is the loss itself has gradient one", async () => {
    expect(await evaluate((x) => gradients(x, [x]), [f32()], [[3]])).toEqual([[1]]);
  });

  it("used several times receives the sum of all its shares", async () => {
    // x → (a, b) → a·b: a diamond. d(x²·x³)/dx = 5x⁴.
    const diamond = (x: Tensor): Tensor[] => gradients(sum(mul(mul(x, x), mul(mul(x, x), x))), [x]);
    const [d = []] = await evaluate(diamond, [f32(2)], [[2, -1]]);
    expect(d).toEqual([80, 5]);
  });

  it("reused through a ladder of diamonds costs one visit each", () => {
    let y = input("x", "f32", [1]);
    const x = y;
    for (let i = 0; i < 30; i++) y = add(y, mul(y, y));
    const loss = sum(y);
    const [dx] = gradients(loss, [x]);
    expect(reachable([dx ?? loss]).length).toBeLessThan(300);
  });

  it("may be an intermediate value, and its inputs at the same time", async () => {
    const both = (x: Tensor): Tensor[] => {
      const hidden = mul(x, 3);
      return gradients(sum(mul(hidden, hidden)), [hidden, x]);
    };
    expect(await evaluate(both, [f32(1)], [[2]])).toEqual([[12], [36]]);
  });

  it("that is frozen leaves no backward nodes", () => {
    const x = input("x", "f32", [4, 3]);
    const [w1, w2] = [input("w1", "f32", [3, 3]), input("w2", "f32", [3, 3])];
    const loss = sum(tanh(gemm(tanh(gemm(x, w1)), w2)));
    const count = (wrt: readonly Tensor[]): number =>
      operatorCounts({
        name: "p",
        inputs: { x, w1, w2 },
        outputs: Object.fromEntries([["loss", loss], ...gradients(loss, wrt).map((g, i) => [`g${i}`, g] as const)]),
      })["Gemm"] ?? 0;
    expect(count([])).toBe(2);
    expect(count([w2])).toBe(3); // only dW2
    expect(count([w1, w2])).toBe(5); // dW2, the cotangent of the hidden layer, dW1
    expect(count([w1])).toBe(4); // the cotangent and dW1, but no dW2
  });

  it("behind the trainable part costs no tracing either", () => {
    const traced = (depth: number): number => {
      let frozen = input("x", "f32", [2]);
      for (let i = 0; i < depth; i++) frozen = tanh(frozen);
      const w = input("w", "f32", [2]);
      const loss = sum(mul(frozen, w));
      gradients(loss, [w]);
      return input("probe", "f32", []).id - loss.id;
    };
    expect(traced(50)).toBe(traced(0));
  });
});

describe("a gradient", () => {
  it("does not pass stopGradient, whose value is unchanged", async () => {
    const stopped = (x: Tensor): Tensor[] => {
      const loss = sum(mul(stopGradient(x), x));
      return [loss, ...gradients(loss, [x])];
    };
    expect(await evaluate(stopped, [f32(2)], [[3, 4]])).toEqual([[25], [3, 4]]);
  });

  it("does not pass comparisons and casts of booleans", async () => {
    const stepped = (x: Tensor): Tensor[] => gradients(sum(mul(cast(greater(x, 0), "f32"), x)), [x]);
    expect(await evaluate(stepped, [f32(2)], [[3, -4]])).toEqual([[1, 0]]);
  });

  it("reaches only the branch that `where` chose", async () => {
    const branched = (x: Tensor, y: Tensor): Tensor[] => gradients(sum(where(greater(x, 0), mul(x, 2), y)), [x, y]);
    expect(await evaluate(branched, [f32(2), f32(2)], [[1, -1], [5, 6]])).toEqual([[2, 0], [0, 1]]);
  });

  it("can be differentiated again", async () => {
    const second = (x: Tensor): Tensor => only(gradients(sum(only(gradients(sum(mul(sin(x), x)), [x]))), [x]));
    const points = [0.3, -1.2, 2];
    const [values = []] = await evaluate(second, [f64(3)], [points]);
    values.forEach((v, i) => expect(v).toBeCloseTo(2 * Math.cos(points[i] ?? NaN) - (points[i] ?? NaN) * Math.sin(points[i] ?? NaN), 12));
    expect(await gradientError(second, [f64(3)], [points])).toBeLessThan(1e-6); // and a third time
  });

  it("of a gradient penalty matches central differences", async () => {
    const penalty = (x: Tensor, w: Tensor): Tensor => {
      const slope = only(gradients(sum(tanh(gemm(x, w))), [x]));
      return sum(mul(slope, slope));
    };
    expect(await gradientError(penalty, [f64(2, 3), f64(3, 2)], [normals(6, 1), normals(6, 2)])).toBeLessThan(1e-6);
  });

  it("at a kink takes the documented side", async () => {
    const slopes = (x: Tensor): Tensor[] => gradients(sum(relu(x)), [x]);
    expect(await evaluate(slopes, [f32(3)], [[-1, 0, 1]])).toEqual([[0, 0, 1]]);
  });
});

describe("the loss", () => {
  it.each([
    [input("x", "f32", [2]), "gradients: loss is f32[2], expected a floating-point scalar"],
    [input("x", "f32", [1]), "gradients: loss is f32[1], expected a floating-point scalar"],
    [input("x", "i64", []), "gradients: loss is i64[], expected a floating-point scalar"],
  ])("must be a floating-point scalar (%#)", (loss, message) => {
    expect(() => gradients(loss, [])).toThrow(new ShapeError(message));
  });

  it("may be far from its parameters without recursion limits", () => {
    let y = input("x", "f32", []);
    const x = y;
    for (let i = 0; i < 20_000; i++) y = sub(y, exp(y));
    expect(gradients(y, [x])).toHaveLength(1);
  });
});
