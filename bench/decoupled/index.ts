/** @file The decoupled recipe, measured part by part: `npm run bench -- decoupled --only speed`. */

import type { Benchmark } from "../benchmark.ts";
import { measureSpeed } from "./speed.ts";

export const decoupledBenchmark: Benchmark = {
  name: "decoupled",
  summary: "the decoupled recipe at the paper's sizes; --only speed for training steps/s, needs 12 GB of memory",
  parts: ["speed"],
  run: () => measureSpeed(),
};
