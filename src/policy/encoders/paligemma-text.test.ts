/** @file What the language model writes behind a prefix, against the numbers of transformers' Gemma. */

import { expect, test } from "vitest";
import { tensorFrom } from "#engine/array";
import { constant, gradients, mul, slice, sum, type Tensor } from "#engine/graph";
import { MASKED, namedParameters, nextPositions, type Traced } from "#engine/nn";
import { bool, evaluate, f32, goldenCase, i64, parameterTypes, relativeError, withParameters } from "#testing";
import { nextTokenLogits, paligemmaSpec, readPrefix, type PaligemmaSpec } from "./paligemma.ts";

const SIZE = {
  vision: { image: 8, patch: 4, width: 8, depth: 1, heads: 2, hidden: 8 },
  language: { width: 16, depth: 2, hidden: 24, heads: 2, kvHeads: 1, headSize: 8 },
  vocabulary: 24,
} as const;
const { languageModel } = paligemmaSpec(SIZE);
const golden = goldenCase("pi0/gemma_text");

/** The name in transformers' `GemmaForCausalLM`. */
const theirs = (path: string): string => `model.${path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
const names = namedParameters(languageModel).map(({ name }) => name);
const parameters = names.map((name) => golden(`param.${theirs(name)}`));

type Language = Traced<Pick<PaligemmaSpec, "languageModel">>;
const types = [...parameterTypes(languageModel), f32(2, 5, 16), bool(2, 5), i64(2, 4)];
const values = [...parameters, golden("input.prefix"), golden("input.there"), golden("input.text")];
const logitsOf = (p: Language, [tokens, isThere, text]: readonly Tensor[], ids: readonly [number, number]): Tensor => {
  const { memory } = readPrefix(p, { tokens: tokens as Tensor, isThere: isThere as Tensor }, SIZE);
  return nextTokenLogits(p, { memory, text: text as Tensor, ids }, SIZE);
};

test("logits behind a prefix with a missing token are theirs, and so are gradients through both uses of the table", async () => {
  const weights = constant(tensorFrom("f32", [2, 4, 17], golden("input.weights")));
  const asked = ["embedTokens.weight", "layers.1.selfAttn.qProj.weight", "layers.0.mlp.downProj.weight"];
  const fn = withParameters(languageModel, (params, ...inputs) => {
    const p = { languageModel: params } as Language;
    const logits = logitsOf(p, inputs, [0, 24]);
    const loss = sum(mul(slice(logits, 2, 3, 20), weights));
    const { embedTokens, layers: [first, second] } = params;
    return [logits, ...gradients(loss, [embedTokens.weight, second?.selfAttn.qProj.weight as Tensor, first?.mlp.downProj.weight as Tensor])];
  });
  const [logits = [], ...slopes] = await evaluate(fn, types, values);
  expect(relativeError(logits, golden("output.logits"))).toBeLessThan(1e-5);
  asked.forEach((name, i) => expect([name, relativeError(slopes[i] ?? [], golden(`grad.${theirs(name)}`)) < 1e-4]).toEqual([name, true]));
});

test("padding takes no place and is not looked at: openpi's numbers of four tokens, the last of them padding, and four behind them", async () => {
  const fn = withParameters(languageModel, (params, tokens, isThere) => {
    const { memory } = readPrefix({ languageModel: params } as Language, { tokens: tokens as Tensor, isThere: isThere as Tensor }, SIZE);
    return [memory.mask, nextPositions(memory, 4)];
  });
  const [mask, next] = await evaluate(fn, [...parameterTypes(languageModel), f32(1, 4, 16), bool(1, 4)], [...parameters, Array<number>(64).fill(0.1), [1, 1, 1, 0]]);
  expect(mask?.map((value) => value + 0)).toEqual([0, 0, 0, Math.fround(MASKED)]); // -0 is 0, too
  expect(next).toEqual([3, 4, 5, 6]);
});

test("a range of ids gives those columns, and a token does not know what comes behind it", async () => {
  const run = async (text: readonly number[], ids: readonly [number, number]): Promise<number[]> => {
    const fn = withParameters(languageModel, (params, ...inputs) => logitsOf({ languageModel: params } as Language, inputs, ids));
    return (await evaluate(fn, types, [...values.slice(0, -1), text]))[0] ?? [];
  };
  const text = golden("input.text");
  const [all, some] = [await run(text, [0, 24]), await run(text, [3, 20])];
  expect(some).toHaveLength(2 * 4 * 17);
  some.forEach((value, i) => expect(value).toBeCloseTo(all[24 * Math.floor(i / 17) + 3 + (i % 17)] ?? NaN, 5));
  // Another third token of the first element.
  const other = await run(text.map((id, i) => (i === 2 ? (id + 1) % 24 : id)), [0, 24]);
  expect(other.slice(0, 48)).toEqual(all.slice(0, 48));
  expect(relativeError(other.slice(48, 96), all.slice(48, 96))).toBeGreaterThan(1e-3);
  expect(other.slice(96)).toEqual(all.slice(96));
});
