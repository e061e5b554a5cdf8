/** @file Laws of sizes: the published one is among them, and small ones are lean. */

import { expect, test } from "vitest";
import { namedParameters, type ParameterTree } from "#engine/nn";
import { sizeOf } from "#engine/array";
import { PI0_3B, pi0Network } from "./network.ts";
import { scaledSize } from "./proportions.ts";

const numbers = (tree: ParameterTree): number => namedParameters(tree).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

test("with its width, depth, images and words it is the published model", () => {
  const { chunk, trunk } = PI0_3B;
  const size = scaledSize({ width: 1024, blocks: 18, image: 224, vocabulary: 257_152 });
  expect(size.trunk).toEqual(trunk);
  expect(numbers(pi0Network("pi0", { ...size, chunk }).parameters)).toBe(3_238_048_528);
});

test("up to a width of 128 the feed-forwards are a usual share, and the tower is no larger than the expert", () => {
  const { trunk, expert } = scaledSize({ width: 128, blocks: 4, image: 64, vocabulary: 100 });
  expect(trunk.language).toMatchObject({ width: 256, hidden: 512, heads: 4, headSize: 64 });
  expect(trunk.vision).toMatchObject({ width: 128, hidden: 512, depth: 4, patch: 8 });
  expect(expert).toEqual({ width: 128, hidden: 512 });
  expect(scaledSize({ width: 160, blocks: 4, image: 64, vocabulary: 100 }).trunk.language).toMatchObject({ width: 320, hidden: 2560, heads: 8, headSize: 40 });
});

test("every width that is allowed has heads that go up into it, in the tower and in the language model", () => {
  for (let width = 32; width <= 1024; width += 32) {
    const { trunk: { vision, language } } = scaledSize({ width, blocks: 1, image: 64, vocabulary: 100 });
    expect([width, vision.width % vision.heads, vision.heads % 1, language.headSize % 2]).toEqual([width, 0, 0, 0]);
  }
});

test("widths and images that cannot be are refused", () => {
  expect(() => scaledSize({ width: 48, blocks: 4, image: 64, vocabulary: 100 })).toThrow("pi0: width is 48, expected a multiple of 32");
  expect(() => scaledSize({ width: 64, blocks: 4, image: 60, vocabulary: 100 })).toThrow("pi0: images of 60 px, expected a multiple of 8 px: patches have to tile them");
});
