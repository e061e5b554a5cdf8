/** @file Choose the command that a command line names, and run it. */

import { reportError, runCommand, type Command } from "./command.ts";
import { EXIT, UsageError } from "./errors.ts";
import { overviewHelp } from "./help.ts";
import type { CommandIo } from "./io.ts";
import { nearest } from "./suggest.ts";

export interface Cli {
  readonly commands: readonly Command[];
  readonly version: string;
}

/** Run `tendon ...argv` and return the exit status. */
export async function runCli(cli: Cli, argv: readonly string[], io: CommandIo): Promise<number> {
  const { commands, version } = cli;
  const [first, second] = argv;
  // Two-word names are tried first, so that `data import` wins over a command named `data`.
  const command = commands.find(({ name }) => name === `${first} ${second}`) ??
    commands.find(({ name }) => name === first);
  if (command !== undefined) {
    return runCommand(command, argv.slice(command.name.split(" ").length), io);
  }
  if (first === "--version" || first === "-v") {
    io.out(version);
    return EXIT.ok;
  }
  const family = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (argv.includes("--help") || argv.includes("-h") || first === "help") {
    io.out(overviewHelp(family.length > 0 ? family : commands));
    return EXIT.ok;
  }
  if (first === undefined) {
    io.note(overviewHelp(commands));
    return EXIT.usage;
  }
  return reportError("tendon", unknownCommand(commands, family, argv), io);
}

function unknownCommand(
  commands: readonly Command[],
  family: readonly Command[],
  argv: readonly string[],
): UsageError {
  const [first = "", second = ""] = argv;
  if (family.length > 0) {
    const names = family.map(({ name }) => name);
    const got = second === "" ? "alone" : `with "${second}"`;
    return new UsageError(`"${first}" ${got} is no command; expected ${names.join(" or ")}`);
  }
  const names = commands.map(({ name }) => name);
  const close = nearest(`${first} ${second}`, names.filter((name) => name.includes(" "))) ??
    nearest(first, names);
  const hint = close === undefined ? "" : `; did you mean "${close}"?`;
  return new UsageError(`unknown command "${first}"${hint}`);
}
