/** @file One row of docs/losses/README.md per page, taken from the pages; and a check that every function has one. */

import { readdirSync, readFileSync } from "node:fs";
import * as losses from "#action/losses";
import type { TableRow } from "./markdown-tables.ts";

const FOLDER = "docs/losses";

/** What the head of a loss page says. */
export interface LossPage {
  /** File name without `.md`. */
  readonly name: string;
  readonly title: string;
  /** What it exports from `tendon/losses`, named in its second paragraph. */
  readonly functions: readonly string[];
  /** Its third paragraph: one sentence. */
  readonly summary: string;
  /** Its last paragraph, without "Sources:". */
  readonly sources: string;
  readonly text: string;
}

export function lossPages(): readonly LossPage[] {
  const names = readdirSync(FOLDER).filter((file) => file.endsWith(".md") && file !== "README.md").sort();
  return names.map((file) => lossPage(file.replace(/\.md$/, ""), readFileSync(`${FOLDER}/${file}`, "utf8")));
}

/** @throws Error naming what the page lacks */
export function lossPage(name: string, text: string): LossPage {
  const [title = "", exported = "", summary = ""] = text.split(/\n\n+/).map((paragraph) => paragraph.replaceAll("\n", " ").trim());
  const functions = [...(exported.split(" from `tendon/losses`")[0] ?? "").matchAll(/`(\w+)`/g)].map(([, word = ""]) => word);
  const sources = /\nSources?:\s([^]*?)\n*$/.exec(text)?.[1]?.replaceAll("\n", " ") ?? "";
  const lacks = (what: string): never => {
    throw new Error(`${FOLDER}/${name}.md: expected ${what}`);
  };
  if (!title.startsWith("# ")) lacks("a title in its first line");
  if (functions.length === 0) lacks("its functions in its second paragraph: `someLoss` from `tendon/losses` · `src/…`");
  if (!/^[A-Z].*[.]$/.test(summary) || /[.] [A-Z]/.test(summary)) lacks(`one sentence of what it is for as its third paragraph, got "${summary}"`);
  if (sources === "") lacks("a last paragraph that begins with Source: or Sources:");
  return { name, title: title.slice(2), functions, summary, sources, text };
}

/** Words of `tendon/losses` that no page names. */
export function undocumented(pages: readonly LossPage[]): readonly string[] {
  return Object.keys(losses).filter((word) => !pages.some(({ text }) => new RegExp(`\`${word}\\b`).test(text)));
}

/** @throws Error naming a word that is exported and explained nowhere, or named on a page and not exported */
export async function lossRows(): Promise<readonly TableRow[]> {
  const pages = lossPages();
  const missing = undocumented(pages);
  if (missing.length > 0) throw new Error(`${FOLDER}: no page names ${missing.join(", ")}, which tendon/losses exports; add it to the page it belongs to`);
  const unknown = pages.flatMap(({ name, functions }) => functions.filter((word) => !(word in losses) && !/^[A-Z][a-z]/.test(word)).map((word) => `${name}.md: ${word}`));
  if (unknown.length > 0) throw new Error(`${FOLDER}/${unknown.join("; ")}: tendon/losses exports no such thing; remove it from the second paragraph`);
  return pages.map(({ name, title, functions, summary, sources }) => {
    const exported = functions.map((word) => `\`${word}\``).join(", ");
    return { page: name, cells: [`[${title}](${name}.md)`, summary.replace(/\.$/, ""), exported, shortSources(sources)] };
  });
}

/** Authors, year and link of every paper; where there is none, the repositories. */
export function shortSources(sources: string): string {
  const items = sources.replace(/\.$/, "").split(/;\s/);
  const papers = items.flatMap((item) => {
    const paper = /(?:^|: )([^:]*? \d{4})\b/.exec(item)?.[1];
    if (paper === undefined) return [];
    const arxiv = /arXiv:(\d{4}\.\d{5})/.exec(item)?.[1];
    return [arxiv === undefined ? paper : `[${paper}](https://arxiv.org/abs/${arxiv})`];
  });
  if (papers.length > 0) return papers.join(", ");
  return items.flatMap((item) => {
    const repository = /([\w.-]+\/[\w.-]+) at [0-9a-f]{7}/.exec(item)?.[1];
    return repository === undefined ? [] : [`[${repository}](https://github.com/${repository})`];
  }).join(", ");
}
