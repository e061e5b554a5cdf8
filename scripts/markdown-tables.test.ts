/** @file Laws of the tables that `npm run docs` writes. */

import { expect, test } from "vitest";
import { lossPage, shortSources, undocumented } from "./losses-table.ts";
import { fillTables } from "./markdown-tables.ts";

const rows = [
  { page: "a", cells: ["one", "1", ""] },
  { page: "b", cells: ["two", "2", ""] },
  { page: "a", cells: ["three", "3", ""] },
];
const header = ["name", "number", "nothing"];
const page = (words: string, held = ""): string => `before\n<!-- table: things ${words} -->\n${held}<!-- end -->\nafter\n`;
const fill = (text: string) => fillTables(text, { name: "things", header, rows });

test("a marker gets the rows of the pages it names, in its order, without columns that are empty", () => {
  const { text, problems } = fill(page("b a", "what was there\n"));
  expect(text).toBe(page("b a", "| name | number |\n|---|---|\n| two | 2 |\n| one | 1 |\n| three | 3 |\n"));
  expect(problems).toEqual([]);
  expect(fill(text).text).toBe(text);
});

test("tables of other names stay as they are", () => {
  const other = "<!-- table: others x -->\nheld\n<!-- end -->\n";
  expect(fill(other + page("a b")).text.startsWith(other)).toBe(true);
});

test.each([
  ["a", ['no marker names "b"; add it to <!-- table: things … -->']],
  ["a b c", ['a marker names "c", of which there is nothing to list; pages are a, b']],
  ["a b a", ['"a" stands in two markers; leave it in one']],
])("a page whose marker names %s has these problems", (words, problems) => {
  expect(fill(page(words)).problems).toEqual(problems);
});

test("a loss page gives its title, functions, summary and sources", () => {
  const text = "# Some loss\n\n`someLoss`, `Options` from `tendon/losses` · `src/x.ts`\n\nIt is for\nthat.\n\n    loss = 0\n\nSources: A and B 2020, arXiv:2001.00001;\nx/y at 1234567.\n";
  const { title, functions, summary, sources } = lossPage("some", text);
  expect({ title, functions, summary, sources }).toEqual({
    title: "Some loss",
    functions: ["someLoss", "Options"],
    summary: "It is for that.",
    sources: "A and B 2020, arXiv:2001.00001; x/y at 1234567.",
  });
});

test.each([
  ["Some loss\n\n`a` from `tendon/losses`\n\nFor it.\n\nSource: A 2020.\n", "a title in its first line"],
  ["# Some loss\n\nWords.\n\nFor it.\n\nSource: A 2020.\n", "its functions in its second paragraph"],
  ["# Some loss\n\n`a` from `tendon/losses`\n\nFor it. And more.\n\nSource: A 2020.\n", "one sentence of what it is for"],
  ["# Some loss\n\n`a` from `tendon/losses`\n\nFor it.\n", "a last paragraph that begins with Source: or Sources:"],
])("a page that lacks a part is refused by name", (text, expected) => {
  expect(() => lossPage("some", text)).toThrow(`docs/losses/some.md: expected ${expected}`);
});

test("sources are papers with their links, and repositories where there is no paper", () => {
  expect(shortSources("Ho et al. 2020, arXiv:2006.11239, eq. 4; the rest: Huber 1964; a/b at 1234567.")).toBe(
    "[Ho et al. 2020](https://arxiv.org/abs/2006.11239), Huber 1964",
  );
  expect(shortSources("a/b-c at 1234567, `x.py`.")).toBe("[a/b-c](https://github.com/a/b-c)");
});

test("what no page names is found", () => {
  expect(undocumented([])).toContain("mseLoss");
  const text = "# MSE\n\n`mseLoss` from `tendon/losses`\n\nFor it.\n\nSource: A 2020.\n";
  expect(undocumented([lossPage("mse", text)])).not.toContain("mseLoss");
});
