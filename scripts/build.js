/** @file Compile src/ to dist/: one JavaScript and one declaration file per source file. */

import { execFileSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";

// An installed package carries dist/ and no compiler; there is nothing to build.
if (existsSync("src")) {
  // Compile beside dist/ and swap at the end: a program that runs from dist/ meets no half-built tree.
  const fresh = `dist.${process.pid}.tmp`;
  const old = `dist.${process.pid}.old`;
  try {
    const compiler = "node_modules/typescript/bin/tsc";
    execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", fresh], { stdio: "inherit" });
    if (existsSync("dist")) renameSync("dist", old);
    renameSync(fresh, "dist");
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}
