/** @file A π0 model of random weights as exported graphs, made once by Tendon's own commands and kept below `runs/`, which git does not keep. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { LOADER } from "../loader.ts";

const FOLDER = join("runs", "bench-pi0");

const TENDON = [...LOADER, "src/app/cli/main.ts"];

export type ModelSize = "tiny" | "small" | "3b";
export type ModelFormat = "f32" | "int4";

/** Folder of the graphs, and of the checkpoint they come from. @throws Error when a command that makes them fails */
export async function exportedModel(size: ModelSize, format: ModelFormat): Promise<{ readonly graphs: string; readonly checkpoint: string }> {
  const [checkpoint, graphs] = [join(FOLDER, `${size}-checkpoint`), join(FOLDER, `${size}-${format}`)];
  if (!existsSync(checkpoint)) await tendon("checkpoint", "synthesize", "pi0", "--size", size, "--out", checkpoint);
  if (!existsSync(graphs)) await tendon("checkpoint", "export", checkpoint, "--format", format, "--out", graphs);
  return { graphs, checkpoint };
}

async function tendon(...argv: string[]): Promise<void> {
  console.error(`tendon ${argv.join(" ")}`);
  await promisify(execFile)(process.execPath, [...TENDON, ...argv]);
}
