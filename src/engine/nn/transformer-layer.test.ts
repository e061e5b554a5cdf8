/** @file Tests of transformer layers: what they are without their parts, and gradients. */

import { expect, test } from "vitest";
import { sizeOf } from "#engine/array";
import { add, type Tensor } from "#engine/graph";
import { evaluate, f32, f64, gradientError, normals, parameterTypes, withParameters } from "#testing";
import { attentionMask } from "./attention-mask.ts";
import { crossAttention, projectKeysValues, selfAttention } from "./attention.ts";
import { layerNorm } from "./layer-norm.ts";
import { namedParameters, parameterCount, type ParameterTree } from "./parameters.ts";
import { decoderLayer, decoderLayerSpec, encoderLayer, encoderLayerSpec, feedForward } from "./transformer-layer.ts";

const [B, N, M, D] = [1, 3, 2, 4] as const;
const options = { width: D, hidden: 6, role: "trunk" } as const;
const encoder = encoderLayerSpec(options);
const decoder = decoderLayerSpec(options);
const valuesOf = (tree: ParameterTree): number[][] => namedParameters(tree).map(({ shape }, i) => normals(sizeOf(shape), i).map((value) => value / 2));
const x = normals(B * N * D, 101);
const memory = normals(B * M * D, 102);

test("an encoder layer adds attention over, then feed-forward of, the normalized tokens", async () => {
  const fn = withParameters(encoder, (p, tokens) => {
    const h = tokens as Tensor;
    const attended = add(h, selfAttention(p.selfAttn, layerNorm(p.norm1, h), 2));
    return [encoderLayer(p, h, { heads: 2 }), add(attended, feedForward(p, layerNorm(p.norm2, attended)))];
  });
  const [layer, parts] = await evaluate(fn, [...parameterTypes(encoder), f32(B, N, D)], [...valuesOf(encoder), x]);
  expect(layer).toEqual(parts);
});

test("a decoder layer looks at its memory between the two", async () => {
  const fn = withParameters(decoder, (p, tokens, others) => {
    const h = tokens as Tensor;
    const seen = projectKeysValues(p.multiheadAttn, others as Tensor, 2);
    const attended = add(h, selfAttention(p.selfAttn, layerNorm(p.norm1, h), 2));
    const informed = add(attended, crossAttention(p.multiheadAttn, layerNorm(p.norm2, attended), seen));
    return [decoderLayer(p, h, seen), add(informed, feedForward(p, layerNorm(p.norm3, informed)))];
  });
  const types = [...parameterTypes(decoder), f32(B, N, D), f32(B, M, D)];
  const [layer, parts] = await evaluate(fn, types, [...valuesOf(decoder), x, memory]);
  expect(layer).toEqual(parts);
});

test("a decoder layer has the gradients of central differences", async () => {
  const fn = withParameters(decoder, (p, tokens, others) => {
    const seen = projectKeysValues(p.multiheadAttn, others as Tensor, 2);
    return decoderLayer(p, tokens as Tensor, seen, { self: attentionMask(N, N, (query, key) => key <= query, "f64") });
  });
  const types = [...parameterTypes(decoder, "f64"), f64(B, N, D), f64(B, M, D)];
  expect(await gradientError(fn, types, [...valuesOf(decoder), x, memory])).toBeLessThan(1e-6);
});

test("layers have the parameters of PyTorch's, biases of attention included", () => {
  const [attention, hidden, norm] = [4 * D * D + 4 * D, 2 * 6 * D + 6 + D, 2 * D];
  expect(parameterCount(encoder)).toBe(attention + hidden + 2 * norm);
  expect(parameterCount(decoder)).toBe(2 * attention + hidden + 3 * norm);
});
