/** @file From the words of a command line to the raw values of a schema. */

import type { z } from "zod";
import { UsageError } from "./errors.ts";
import { fieldsOf, type Field } from "./fields.ts";
import { nearest } from "./suggest.ts";

interface Parsing {
  readonly fields: readonly Field[];
  readonly positionals: readonly string[];
  /** Raw values by schema key, and the texts they came from for messages. */
  readonly values: Record<string, unknown>;
  readonly texts: Map<string, string>;
  readonly words: string[];
}

/**
 * Parse and validate `argv` (without the command's name).
 *
 * `--flag value`, `--flag=value`, `--flag`, `--no-flag`; `--` ends the flags; lists are repeated or
 * comma-separated. The schema fills in defaults.
 *
 * @throws UsageError naming the flag, what was got and what was expected
 */
export function parseArgs<Args extends z.ZodObject>(
  schema: Args,
  positionals: readonly string[],
  argv: readonly string[],
): z.output<Args> {
  const parsing: Parsing = {
    fields: fieldsOf(schema),
    positionals,
    values: {},
    texts: new Map(),
    words: [],
  };
  readWords(parsing, argv);
  placePositionals(parsing);
  const result = schema.safeParse(parsing.values);
  if (!result.success) throw usageErrorOf(parsing, result.error.issues[0]);
  return result.data;
}

function readWords(parsing: Parsing, argv: readonly string[]): void {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word === "--") {
      parsing.words.push(...argv.slice(i + 1));
      return;
    }
    if (!isFlag(word)) parsing.words.push(word);
    else if (readFlag(parsing, word, argv[i + 1])) i++;
  }
}

/** `-1` and `-` are values; `--x` and `-x` are flags. */
function isFlag(word: string): boolean {
  return /^-[^\d.]/.test(word);
}

/** Reads one flag; true when it took the next word as its value. */
function readFlag(parsing: Parsing, word: string, next: string | undefined): boolean {
  const [, name = "", inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const flags = parsing.fields.filter(({ key }) => !parsing.positionals.includes(key));
  const field = flags.find(({ flag }) => word.startsWith("--") && flag === name);
  if (field === undefined) {
    const negated = flags.find(({ flag, kind }) => kind === "boolean" && `no-${flag}` === name);
    if (negated === undefined) throw unknownFlag(word.split("=")[0] ?? word, flags);
    if (inline !== undefined) throw new UsageError(`--${name} takes no value, got "${inline}"`);
    setValue(parsing, negated, "false");
    return false;
  }
  if (inline !== undefined || field.kind === "boolean") {
    setValue(parsing, field, inline ?? "true");
    return false;
  }
  if (next === undefined || isFlag(next)) {
    throw new UsageError(`--${field.flag} needs a value: ${describe(field)}`);
  }
  setValue(parsing, field, next);
  return true;
}

function unknownFlag(flag: string, known: readonly Field[]): UsageError {
  const close = nearest(
    flag.replace(/^-+/, ""),
    known.map((field) => field.flag),
  );
  return new UsageError(
    `unknown flag ${flag}${close === undefined ? "" : `; did you mean --${close}?`}`,
  );
}

function placePositionals(parsing: Parsing): void {
  const { fields, positionals, words } = parsing;
  let taken = 0;
  for (const key of positionals) {
    const field = fields.find((candidate) => candidate.key === key);
    if (field === undefined) throw new Error(`positional "${key}" is not in the schema`);
    const mine = field.kind === "list" ? words.slice(taken) : words.slice(taken, taken + 1);
    taken += mine.length;
    for (const word of mine) setValue(parsing, field, word);
    if (mine.length === 0 && field.required) {
      throw new UsageError(`<${field.flag}> is missing: ${describe(field)}`);
    }
  }
  const extra = words[taken];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
}

function setValue(parsing: Parsing, field: Field, text: string): void {
  const { values, texts } = parsing;
  texts.set(field.key, text);
  if (field.kind !== "list") {
    values[field.key] = valueOf(field, text);
    return;
  }
  const held = values[field.key];
  const items = text.split(",").map((item) => valueOf(field, item.trim()));
  values[field.key] = Array.isArray(held) ? [...held, ...items] : items;
}

/** Numbers and booleans are converted here; anything else stays text for the schema to judge. */
function valueOf(field: Field, text: string): unknown {
  if (field.kind === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (!field.numeric) return text;
  // Number("") is 0, which nobody means, and NaN would pass for a number in some messages.
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw invalidValue(field, text);
}

function usageErrorOf(parsing: Parsing, issue: z.core.$ZodIssue | undefined): UsageError {
  const key = String(issue?.path[0] ?? "");
  const field = parsing.fields.find((candidate) => candidate.key === key);
  if (field === undefined) return new UsageError(issue?.message ?? "wrong arguments");
  const text = parsing.texts.get(key);
  const name = nameOf(parsing, field);
  if (text === undefined) return new UsageError(`${name} is missing: ${describe(field)}`);
  // A rule written by hand in the schema knows best what is wrong.
  if (issue?.code === "custom") return new UsageError(`${name}: got "${text}": ${issue.message}`);
  return invalidValue(field, text, name);
}

function nameOf(parsing: Parsing, field: Field): string {
  return parsing.positionals.includes(field.key) ? `<${field.flag}>` : `--${field.flag}`;
}

function invalidValue(field: Field, text: string, name: string = `--${field.flag}`): UsageError {
  return new UsageError(`${name}: got "${text}", expected ${describe(field)}`);
}

function describe({ expected, description }: Field): string {
  return description === "" ? expected : `${expected} (${description})`;
}
