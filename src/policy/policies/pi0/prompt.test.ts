/** @file Prompts of π0 and π0.5, with a small tokenizer of PaliGemma's kind, against the tokenizers library. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { promptTokenizer } from "#policy/encoders";
import { promptOf, stateBins } from "./prompt.ts";

const FOLDER = "fixtures/golden/pi0";
const read = (name: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));
const tokenizer = promptTokenizer(read("tokenizer.json"));
const { cases } = read("prompt_tokens.json") as { cases: readonly { text: string; ids: readonly number[]; whole: readonly number[] }[] };
const idsOf = (text: string): readonly number[] => cases.find((each) => each.text === text)?.ids ?? [NaN];

test.each(cases.map(({ text, ids, whole }) => [text, ids, whole] as const))("%j has the ids of the reference", (text, ids, whole) => {
  expect(tokenizer.encode(text)).toEqual(ids);
  expect([tokenizer.begin, ...tokenizer.encode(text)]).toEqual(whole);
});

test("openpi tidies an instruction and puts the new line behind as a token of its own; LeRobot leaves it as it is", () => {
  const options = { variant: "pi0", tokens: 12 } as const;
  const newline = tokenizer.encode("\n");
  const openpi = promptOf(" lift_the_cube ", tokenizer, { ...options, origin: "openpi" });
  expect(openpi.ids.slice(0, openpi.length)).toEqual([2, ...idsOf("lift the cube"), ...newline]);
  expect(openpi.ids.slice(openpi.length)).toEqual(Array(12 - openpi.length).fill(0));
  const lerobot = promptOf("lift the cube\n", tokenizer, { ...options, origin: "lerobot" });
  expect(lerobot.ids.slice(0, lerobot.length)).toEqual([2, ...tokenizer.encode("lift the cube\n")]);
  expect(promptOf("lift the cube", tokenizer, { ...options, origin: "lerobot" })).toEqual(lerobot);
});

test("π0.5 tells the state in bins", () => {
  // NumPy's digitize.
  expect(stateBins([-1.2, -1, -0.999, -0.5, 0, 0.3333, 0.999, 1, 1.5])).toEqual([-1, 0, 0, 64, 128, 170, 255, 255, 255]);
  const told = promptOf("lift_the cube", tokenizer, { variant: "pi05", origin: "lerobot", tokens: 40, state: [-1.5, -1, -0.5] });
  expect(told.ids.slice(0, told.length)).toEqual([2, ...idsOf("Task: lift the cube, State: -1 0 64;\nAction: ")]);
  // LIBERO's π0.5 has no state at all.
  expect(promptOf("lift the cube", tokenizer, { variant: "pi05", origin: "openpi", tokens: 40 }).ids.slice(1, 4)).toEqual(idsOf("lift the cube"));
});

test("a prompt that is too long is cut off, and says so", () => {
  const { ids, length, wanted } = promptOf("stack the green cube on the red cube", tokenizer, { variant: "pi0", origin: "openpi", tokens: 5 });
  expect([ids.length, length, wanted > 5]).toEqual([5, 5, true]);
});

test("what is no tokenizer is refused", () => {
  expect(() => promptTokenizer({ model: "?" }, "a file")).toThrow("a file: it is no tokenizer.json");
});
