/** @file A command as a value: one schema gives flags, defaults, validation and help. */

import type { z } from "zod";
import { debugStack, describeError, EXIT, exitStatusOf } from "./errors.ts";
import { parseArgs } from "./flags.ts";
import { commandHelp } from "./help.ts";
import type { CommandIo } from "./io.ts";

export { asUsage, UsageError } from "./errors.ts";

/** Names and what they are, under a title of their own. */
export interface HelpSection {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, text: string])[];
}

export interface CommandSpec<Args extends z.ZodObject> {
  /** One word, or two: `eval`, `data import`. */
  readonly name: string;
  /** One sentence, for the list of commands and the top of the help. */
  readonly summary: string;
  /** One whole command line that works. */
  readonly example: string;
  /** Keys of `args` given by position, in order; a list comes last and takes the rest. */
  readonly positionals: readonly (keyof z.output<Args> & string)[];
  /** Keys are camelCase, flags kebab-case. Descriptions carry units. */
  readonly args: Args;
  /** What the help lists besides, such as the names that a flag takes. */
  readonly sections?: readonly HelpSection[];
  /** Do the work. Return nothing for success, or the exit status 1 when a check failed. */
  run(args: z.output<Args>, io: CommandIo): Promise<number | void> | number | void;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly sections: readonly HelpSection[];
  readonly positionals: readonly string[];
  readonly args: z.ZodObject;
  /** Parse `argv`, run, and return the exit status. Throws what the command throws. */
  execute(argv: readonly string[], io: CommandIo): Promise<number>;
}

export function defineCommand<Args extends z.ZodObject>(spec: CommandSpec<Args>): Command {
  const { name, summary, example, sections = [], positionals, args } = spec;
  return {
    name,
    summary,
    example,
    sections,
    positionals,
    args,
    async execute(argv, io) {
      return (await spec.run(parseArgs(args, positionals, argv), io)) ?? EXIT.ok;
    },
  };
}

/**
 * Run a command and return its exit status. Errors become one line on stderr; `TENDON_DEBUG=1` adds the stack.
 *
 * @param argv words after the command's name
 */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  io: CommandIo,
): Promise<number> {
  if (asksForHelp(argv)) {
    io.out(commandHelp(command));
    return EXIT.ok;
  }
  try {
    return await command.execute(argv, io);
  } catch (error) {
    return reportError(`tendon ${command.name}`, error, io);
  }
}

/** One line naming who failed and why; returns the exit status. */
export function reportError(who: string, error: unknown, io: CommandIo): number {
  const status = exitStatusOf(error);
  // Nobody reads on after closing the pipe, so there is nothing to say.
  if (status === EXIT.closedPipe) return status;
  io.note(io.color.red(`${who}: ${describeError(error)}`));
  if (status === EXIT.usage) io.note(io.color.dim(`see: ${who} --help`));
  const stack = debugStack(error);
  if (stack !== undefined) io.note(stack);
  return status;
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  return words.includes("--help") || words.includes("-h");
}
