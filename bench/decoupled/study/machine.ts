/** @file What a measurement was made on. */

import { execFileSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";

/** Processor, cores and runtime. */
export function machineName(): string {
  return `${cpus()[0]?.model.trim() ?? "processor unknown"}, ${availableParallelism()} cores, Node ${process.versions.node}`;
}

/** The commit that a result was made at, with a mark where files differed from it; null where nothing says. */
export function commitName(): string | null {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty", "--exclude", "*"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}
