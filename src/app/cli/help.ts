/** @file Help text, made from the schema: nothing is described twice. */

import type { Command } from "./command.ts";
import { fieldsOf, isAnyText, type Field } from "./fields.ts";

type Row = readonly [name: string, text: string];

/** `tendon <command> --help`. */
export function commandHelp(command: Command): string {
  const fields = fieldsOf(command.args);
  const positionals = command.positionals.flatMap((key) => fields.filter((f) => f.key === key));
  const flags = fields.filter((field) => !positionals.includes(field));
  const usage = ["tendon", command.name, ...positionals.map(placeholder)];
  if (flags.length > 0) usage.push("[flags]");
  return [
    command.summary,
    `\nUsage:\n  ${usage.join(" ")}`,
    section("Arguments", positionals.map((field) => [placeholder(field), textOf(field)])),
    section("Flags", [...flags.map((f): Row => [flagName(f), textOf(f)]), ["--help", "show this text"]]),
    ...command.sections.map(({ title, rows }) => section(title, rows)),
    `\nExample:\n  ${command.example}`,
  ]
    .filter(Boolean)
    .join("\n");
}

/** `tendon --help`. */
export function overviewHelp(commands: readonly Command[]): string {
  return [
    "Action heads for robots: train, compare and run them.",
    "\nUsage:\n  tendon <command> [arguments] [flags]",
    section("Commands", commands.map(({ name, summary }) => [name, summary])),
    section("Flags", [
      ["--help", "show this text, or that of a command: tendon <command> --help"],
      ["--version", "show the version"],
    ]),
    "\nResults go to stdout, progress and notes to stderr. Exit status: 0 done, 1 failed, 2 wrong usage.",
  ]
    .filter(Boolean)
    .join("\n");
}

function section(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([name]) => name.length));
  return `\n${title}:\n${rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join("\n")}`;
}

function placeholder(field: Field): string {
  const name = field.kind === "list" ? `${field.flag}…` : field.flag;
  return field.required ? `<${name}>` : `[${name}]`;
}

function flagName(field: Field): string {
  if (field.kind === "boolean") return `--${field.default === false ? "" : "[no-]"}${field.flag}`;
  return `--${field.flag} <${field.kind}>`;
}

/** Description, then what may be given, then the default. */
function textOf(field: Field): string {
  const plain = field.kind === "boolean" || isAnyText(field);
  const notes = [
    ...(plain ? [] : [field.expected]),
    ...(field.required ? ["required"] : []),
    ...(field.note === "" ? defaultNote(field) : [field.note]),
  ];
  return [field.description, notes.length === 0 ? "" : `(${notes.join("; ")})`].filter(Boolean).join(" ");
}

function defaultNote({ default: value }: Field): string[] {
  const empty = Array.isArray(value) && value.length === 0;
  if (value === undefined || value === null || value === false || value === "" || empty) return [];
  return [value === true ? "on by default" : `default ${String(value)}`];
}
