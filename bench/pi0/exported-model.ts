/** @file A π0 model of random weights as exported graphs, made once and kept below `runs/`, which git does not keep. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkpointExportCommand } from "../../src/app/cli/commands/checkpoint-export.ts";
import { checkpointSynthesizeCommand } from "../../src/app/cli/commands/checkpoint-synthesize.ts";
import type { Command } from "../../src/app/cli/command.ts";
import { terminalIo } from "../../src/app/cli/io.ts";

const FOLDER = join("runs", "bench-pi0");

export type ModelSize = "tiny" | "small" | "3b";
export type ModelFormat = "f32" | "int4";

/** Folder of the graphs. @throws Error when a command that makes it fails */
export async function exportedModel(size: ModelSize, format: ModelFormat): Promise<{ readonly graphs: string; readonly checkpoint: string }> {
  const [checkpoint, graphs] = [join(FOLDER, `${size}-checkpoint`), join(FOLDER, `${size}-${format}`)];
  if (!existsSync(checkpoint)) await done(checkpointSynthesizeCommand, ["pi0", "--size", size, "--out", checkpoint]);
  if (!existsSync(graphs)) await done(checkpointExportCommand, [checkpoint, "--format", format, "--out", graphs]);
  return { graphs, checkpoint };
}

async function done(command: Command, argv: readonly string[]): Promise<void> {
  const io = terminalIo();
  await command.execute(argv, { ...io, out: io.note });
}
