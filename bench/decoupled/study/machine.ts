/** @file What a measurement was made on. */

import { availableParallelism, cpus } from "node:os";

/** Processor, cores and runtime. */
export function machineName(): string {
  return `${cpus()[0]?.model.trim() ?? "processor unknown"}, ${availableParallelism()} cores, Node ${process.versions.node}`;
}
