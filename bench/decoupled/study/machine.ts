/** @file What a measurement was made on. */

import { execFileSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";

/** Processor, cores and runtime. */
export function machineName(): string {
  return `${cpus()[0]?.model.trim() ?? "processor unknown"}, ${availableParallelism()} cores, Node ${process.versions.node}`;
}

/** The commit that a result was made at, with a mark where sources differed from it; null where nothing says. */
export function commitName(): string | null {
  const git = (...argv: string[]): string => execFileSync("git", argv, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    // Results grow while a study runs, and change none of its numbers.
    const changes = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results");
    return `${git("rev-parse", "--short", "HEAD")}${changes === "" ? "" : "-dirty"}`;
  } catch {
    return null;
  }
}
