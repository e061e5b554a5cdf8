/** @file The `tendon` program: wires the commands to the terminal and sets the exit status. */

import { readFileSync } from "node:fs";
import { runCli } from "./cli.ts";
import { reportError } from "./command.ts";
import { commands } from "./commands/index.ts";
import { terminalIo } from "./io.ts";

const io = terminalIo();

// Errors that escape a command, such as one thrown in a callback, still end as one line.
process.on("uncaughtException", (error) => process.exit(reportError("tendon", error, io)));

process.exitCode = await runCli({ commands, version: version() }, process.argv.slice(2), io);

function version(): string {
  // The same distance from src/app/cli and from dist/app/cli.
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const parsed: { version?: string } = JSON.parse(text);
  return parsed.version ?? "unknown";
}
