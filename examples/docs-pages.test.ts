/** @file Every head and every loss has a page, every page has the same parts, and the examples of heads run. */

import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { HEAD_NAMES, headKind } from "#policy/policies";

const pagesOf = (folder: string): [name: string, text: string][] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => [file, readFileSync(join(folder, file), "utf8")]);
const heads = pagesOf("docs/heads");
const losses = pagesOf("docs/losses");

test.each(HEAD_NAMES)("the page of %s names it", (name) => {
  const { page } = headKind(name);
  const text = new Map(heads).get(page) ?? "";
  const [, network = name] = /^(?:flow|diffusion)-(.+)$/.exec(name) ?? [];
  expect([`\`${name}\``, `--head ${name}\``, `\`${network}\``].some((form) => text.includes(form)), `${page} does not name ${name}`).toBe(true);
});

test.each(heads)("docs/heads/%s says what it is, its formula, shapes, use, numerics, sources, and an example", (_name, text) => {
  const [title = "", names = "", intro = ""] = text.split("\n\n");
  expect(title).toMatch(/^# \S/);
  expect(names).toMatch(/^`--head .*from `tendon\/heads`.*`src\/action\/heads\//s);
  expect(intro).toMatch(/^[A-Z]/);
  for (const part of [/^ {4}\S.* (?:=|←) /m, /^## Interface\n\n\|/m, /^## Options\n\n\|/m, /^## When to use\n\n[A-Z`]/m, /^## Numerics\n\n/m, /^Sources?( of .*)?: /m, /^```ts\n/m]) {
    expect(text).toMatch(part);
  }
});

test.each(losses)("docs/losses/%s says what it is for, its formula, shapes, use, numerics, an example, tests and sources", (_name, text) => {
  const parts = [/^## When to use/m, /^## Numerics\n/m, /^## Example\n/m, /^Sources?: /m];
  for (const part of [/^`.*from `tendon\/losses` · `src\/action\/losses\//m, /^ {4}\S.* (?:=|~|·|min|KL)/m, /^\| .*\n\|---/m, ...parts]) {
    expect(text).toMatch(part);
  }
});

/** What examples take for granted: demonstrated actions. */
const GIVEN = `
globalThis.rows = Float32Array.from({ length: 7 * 400 }, (_, i) => Math.sin(i / 9) * Math.cos(i / 70));
globalThis.episodes = [globalThis.rows];
`;

test("the example of every head page makes a head, as a project that depends on tendon would", { timeout: 240_000 }, async () => {
  const folder = join("runs", `docs-pages-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(join(folder, "given.mjs"), GIVEN);
    for (const [name, text] of heads) {
      const example = /^```ts\n([^]*?)^```/m.exec(text)?.[1] ?? "";
      await writeFile(join(folder, `${name}.mjs`), `${example}\nconsole.log("${name}", head.chunk.horizon, Object.keys(head.parameters).length > 0);\n`);
    }
    const main = ["given.mjs", ...heads.map(([name]) => `${name}.mjs`)].map((file) => `await import("./${file}");\n`).join("");
    await writeFile(join(folder, "main.mjs"), main);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "main.mjs")]);
    const made = stdout.trim().split("\n");
    expect(made.map((line) => line.replace(/ \d+ /, " "))).toEqual(heads.map(([name]) => `${name} true`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
