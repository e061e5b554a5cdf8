/** @file Laws of what a trunk reads: questions end the prompt, and each is answered by its own token. */

import { expect, test } from "vitest";
import { sizeOf } from "#engine/array";
import type { Tensor } from "#engine/graph";
import { namedParameters } from "#engine/nn";
import { evaluate, normals, parameterTypes, withParameters } from "#testing";
import { pi0Network } from "./network.ts";
import { trunkReader, vocabularyOf } from "./trunk-reader.ts";

const [B, D, P, K] = [2, 8, 3, 5] as const;

test.each([["pi0", undefined], ["pi05", K]] as const)("%s, actions in %s tokens: where layers add nothing, an answer is the question's own word", async (variant, actionTokens) => {
  const vocabulary = vocabularyOf({ actionTokens, points: P });
  const trunk = { vision: { image: 8, patch: 4, width: 8, depth: 1, heads: 2, hidden: 8 }, language: { width: D, depth: 3, hidden: 8, heads: 2, kvHeads: 1, headSize: 4 }, vocabulary };
  const network = pi0Network(variant, { trunk, expert: { width: 8, hidden: 8 }, chunk: { horizon: 2, actionSize: 2 } });
  const reader = trunkReader(network, { cameras: ["front"], image: 8, stateSize: 2, instructionWords: 4, actionTokens, points: P });
  const names = Object.keys(reader.inputs);
  const types = Object.values(reader.inputs).map(({ dtype, shape }) => ({ dtype, shape: shape(B) }));
  // Words, one of them padding: questions stand behind the room for words, not behind the words.
  const given = types.map(({ dtype, shape }, i) => (dtype === "i64" ? Array.from({ length: sizeOf(shape) }, (_, n) => (n % 4) as number) : normals(sizeOf(shape), 60 + i)));
  const specs = namedParameters(reader.parameters);
  const values = specs.map(({ name, shape }, i) => (/(oProj|downProj|norm)\.weight$/i.test(name) ? Array<number>(sizeOf(shape)).fill(0) : normals(sizeOf(shape), i)));

  const answers = await evaluate(withParameters(reader.parameters, (params, ...inputs) => {
    const { pointing = [] } = reader.encode(params, Object.fromEntries(names.map((name, i) => [name, inputs[i] as Tensor])));
    return [...pointing];
  }), [...parameterTypes(reader.parameters), ...types], [...values, ...given]);

  const table = values[specs.findIndex(({ name }) => name.endsWith("embedTokens.weight"))] ?? [];
  const questions = table.slice((vocabulary - P) * D);
  const normalized = Array.from({ length: P }, (_, i) => questions.slice(i * D, (i + 1) * D)).flatMap((row) => {
    const size = Math.sqrt(row.reduce((total, value) => total + value ** 2, 0) / D);
    return row.map((value) => value / size);
  });
  // Three layers, of which the last answers nothing.
  expect(answers).toHaveLength(2);
  for (const answer of answers) answer.forEach((value, i) => expect(value).toBeCloseTo(normalized[i % (P * D)] ?? NaN, 4));
  expect(answers[0]).toHaveLength(B * P * D);
});
