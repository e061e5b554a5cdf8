/** @file The TypeScript files of the repository, read once for the checks. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { SourceFile } from "./import-rules.ts";

const FOLDERS = ["src", "bench", "examples", "scripts"];

/** Paths from the repository root, sorted, so that every machine prints the same list. */
export function readSourceFiles(folders: readonly string[] = FOLDERS): SourceFile[] {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    )
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => ({ path, text: readFileSync(path, "utf8") }));
}
