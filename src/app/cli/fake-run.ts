/** @file A command run in this process, for tests: its status, and what it said as two texts. */

import { runCommand, type Command } from "./command.ts";
import { fakeIo } from "./fake-io.ts";

/** @param argv arguments and flags, a word each */
export async function fakeRun(command: Command, ...argv: string[]): Promise<{ readonly status: number; readonly out: string; readonly notes: string }> {
  const io = fakeIo();
  const status = await runCommand(command, argv, io);
  return { status, out: io.outLines.join("\n"), notes: io.noteLines.join("\n") };
}
