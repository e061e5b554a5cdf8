/** @file Tests of the printed form: one line per tensor, scopes as headings. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { clip, constant, gemmBias, gradients, input, print, relu, scope, sum, transpose } from "./index.ts";

test("a program prints as one line per tensor, grouped by scope", () => {
  const [x, weight, bias] = [input("x", "f32", [4, 2]), input("weight", "f32", [3, 2]), input("bias", "f32", [3])];
  const hidden = scope("layer", () => relu(gemmBias(x, weight, bias, { transB: true })));
  const loss = sum(hidden);
  const [slope] = gradients(loss, [bias]);
  expect(print({ name: "tiny", inputs: { x, weight, bias }, outputs: { loss, slope: slope ?? loss } })).toMatchInlineSnapshot(`
    "input x: f32[4, 2]
    input weight: f32[3, 2]
    input bias: f32[3]
    # layer
    t0: f32[4, 3] = gemmBias x weight bias transA=false transB=true
    t1: f32[4, 3] = relu t0
    # tiny
    t2: f32[] = sum t1 axes=[0,1] keepDims=false
    # gradient
    t3: f32[1, 1] = reshape 1 shape=[1,1]
    t4: f32[4, 3] = broadcastTo t3 shape=[4,3]
    # layer/gradient
    t5: bool[4, 3] = greater t0 0
    t6: f32[4, 3] = where t5 t4 0
    t7: f32[3] = sum t6 axes=[0] keepDims=false
    output loss = t2
    output slope = t7"
  `);
});

test("infinite bounds, lists and constants are readable", () => {
  const x = input("x", "f32", [1, 2]);
  const table = constant(tensorFrom("f32", [2], [1, 2]));
  const y = transpose(clip(x, -Infinity, 20), [1, 0]);
  expect(print({ name: "p", inputs: { x }, outputs: { y, table } })).toMatchInlineSnapshot(`
    "input x: f32[1, 2]
    t0: f32[1, 2] = clip x low=-Infinity high=20
    t1: f32[2, 1] = transpose t0 permutation=[1,0]
    output y = t1
    output table = constant(f32[2])"
  `);
});
