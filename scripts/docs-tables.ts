/**
 * @file `npm run docs`: write the tables of docs/ that are made from the code; with `--check`, say which are stale.
 *
 * A table stands between `<!-- table: NAME WORDS… -->` and `<!-- end -->`. The words say which pages it lists.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { backboneRows } from "./backbones-table.ts";
import { headRows } from "./heads-table.ts";
import { lossRows } from "./losses-table.ts";
import { fillTables, type TableRow } from "./markdown-tables.ts";
import { roleRows } from "./roles-table.ts";

interface TableKind {
  /** The page that holds the tables. */
  readonly page: string;
  readonly header: readonly string[];
  /** Every row there is; each has to stand in one table of the page. */
  rows(): Promise<readonly TableRow[]>;
}

const TABLES: Readonly<Record<string, TableKind>> = {
  heads: {
    page: "docs/heads/README.md",
    header: ["`--head`", "what it is", "several ways", "calls", "tokens", "parameters"],
    rows: headRows,
  },
  roles: { page: "docs/decoupled.md", header: ["role", "what it does", "starts from", "over a frozen head"], rows: roleRows },
  backbones: { page: "docs/decoupled.md", header: ["backbone", "flags", "trained", "numbers trained", "numbers frozen"], rows: backboneRows },
  losses: { page: "docs/losses/README.md", header: ["loss", "what it is for", "functions", "source"], rows: lossRows },
};

const isCheck = process.argv.includes("--check");
let problems: string[] = [];
for (const [name, { page, header, rows }] of Object.entries(TABLES)) {
  const before = readFileSync(page, "utf8");
  const { text, problems: found } = fillTables(before, { name, header, rows: await rows() });
  problems = [...problems, ...found.map((problem) => `${page}: ${problem}`)];
  if (text === before) continue;
  if (isCheck) problems.push(`${page}: a table of ${name} is stale; run npm run docs`);
  else {
    writeFileSync(page, text);
    console.log(`${page}: written`);
  }
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
