/** @file Tests of ResNet-18: sizes, initial values, shapes, and its derivative along a direction. What it computes is held by parity. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { add, constant, input, mul, reshape, type Tensor } from "#engine/graph";
import { initialParameters, mapParameters, namedParameters, parameterCount, parameterInputs } from "#engine/nn";
import { f64, gradientError, normals } from "#testing";
import { resnet18, RESNET18_WIDTHS, resnet18Spec } from "./resnet18.ts";

test("its parameters are those of torchvision's network without the classifier", () => {
  // 11,689,512 with the classifier of 512·1000 + 1000.
  expect(parameterCount(resnet18Spec({ channels: 3, widths: RESNET18_WIDTHS }))).toBe(11_176_512);
});

test("every parameter is the encoder's", () => {
  const roles = namedParameters(resnet18Spec({ channels: 3, widths: [16, 16, 32, 32] })).map(({ role }) => role);
  expect(new Set(roles)).toEqual(new Set(["encoder"]));
});

test.each([
  [[76, 76], [19, 10, 5, 3]],
  [[57, 69], [15, 8, 4, 2]],
])("images of %s px have maps of %s rows", (size, rows) => {
  const params = parameterInputs(resnet18Spec({ channels: 3, widths: [16, 32, 48, 64] }));
  const { stem, stages } = resnet18(params, input("images", "f32", [2, 3, ...size]));
  expect(stem.shape.slice(0, 3)).toEqual([2, 16, rows[0]]);
  expect(stages.map(({ shape }) => shape.slice(0, 3))).toEqual(rows.map((count, i) => [2, 16 * (i + 1), count]));
});

test("convolutions start with deviation √(2/(outputs·kernel²)), gains at 1, biases at 0", () => {
  const values = initialParameters(resnet18Spec({ channels: 3, widths: [16, 32, 48, 64] }), 3);
  const deviationOf = (name: string): number => {
    const data = Array.from(values[name]?.data ?? []);
    return Math.sqrt(data.reduce((total, value) => total + value * value, 0) / data.length);
  };
  expect(deviationOf("stem.conv.weight") / Math.sqrt(2 / (16 * 49))).toBeCloseTo(1, 1);
  expect(deviationOf("stages.3.0.first.conv.weight") / Math.sqrt(2 / (64 * 9))).toBeCloseTo(1, 1);
  expect(deviationOf("stages.3.0.shortcut.conv.weight") / Math.sqrt(2 / 64)).toBeCloseTo(1, 1);
  expect(new Set(values["stages.1.0.first.norm.weight"]?.data)).toEqual(new Set([1]));
  expect(new Set(values["stages.1.0.first.norm.bias"]?.data)).toEqual(new Set([0]));
});

test("its derivative along a direction in which all parameters and the image move is that of central differences", async () => {
  const spec = resnet18Spec({ channels: 1, widths: [16, 16, 16, 16] });
  const initial = initialParameters(spec, 1);
  const fn = (distance: Tensor): Tensor => {
    const moved = (shape: readonly number[], values: ArrayLike<number>, seed: number): Tensor => {
      const direction = constant(tensorFrom("f64", shape, normals(values.length, seed).map((value) => 0.1 * value)));
      return add(constant(tensorFrom("f64", shape, values)), mul(direction, reshape(distance, [])));
    };
    let seed = 10;
    const params = mapParameters(spec, ({ name, shape }) => moved(shape, initial[name]?.data ?? [], (seed += 1)));
    const { stages } = resnet18(params, moved([1, 1, 33, 40], normals(33 * 40, 2), 3));
    return stages[3] as Tensor;
  };
  expect(await gradientError(fn, [f64(1)], [[0]])).toBeLessThan(1e-6);
});

test.each([
  [[16, 32, 64]],
  [[16, 32, 64, 100]],
  [[0, 16, 16, 16]],
])("widths %s are refused", (widths) => {
  const message = `resnet18: widths are [${widths.join(", ")}], expected four positive multiples of 16`;
  expect(() => resnet18Spec({ channels: 3, widths })).toThrow(new RangeError(message));
});
