/** @file Laws of words as ids. */

import { expect, it } from "vitest";
import { WORD_IDS, wordIds } from "./word-ids.ts";

const idsOf = (text: string, words: number = 8): number[] => Array.from(wordIds([text], words).data, Number);

it("gives a word the same id wherever it stands, and however it is written", () => {
  const [cube, red] = idsOf("cube red");
  expect(idsOf("Red, RED cube.")).toEqual([red, red, cube, 0, 0, 0, 0, 0]);
  expect(cube).not.toBe(red);
});

it("is FNV-1a, whose hash of \"a\" is e40c292c and of \"foobar\" bf9cf968", () => {
  expect(idsOf("a foobar", 2)).toEqual([1 + (0xe40c292c % WORD_IDS), 1 + (0xbf9cf968 % WORD_IDS)]);
});

it("tells apart all words of the arm's instructions", () => {
  const words = "put the red cube into left bin and blue right on green pick up yellow mark behind post move gripper to ball".split(" ");
  const ids = idsOf(words.join(" "), words.length);
  expect(new Set(ids).size).toBe(words.length);
  for (const id of ids) expect(id).toBeGreaterThanOrEqual(1);
  expect(Math.max(...ids)).toBeLessThanOrEqual(WORD_IDS);
});

it("gives nothing but padding for a text of no words, and a row for every text", () => {
  const { shape, data } = wordIds(["", "…", "go"], 2);
  expect(shape).toEqual([3, 2]);
  expect(Array.from(data.slice(0, 4), Number)).toEqual([0, 0, 0, 0]);
  expect(Number(data[4])).toBeGreaterThan(0);
});

it("refuses a text that there is no room for", () => {
  expect(() => wordIds(["go", "go on now"], 2)).toThrow('wordIds: text 1, "go on now", has 3 words, expected at most 2: shorten it');
});
