/** @file `tendon tokenize`: actions from stdin, their token ids and what these decode to on stdout. */

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  fastCodec, gridCodec, publishedFast, SCHEME_NAMES, specFromBinPolicy,
  type CodecSpecInput, type FastSpec, type PublishedFastCodec, type SchemeName, type SequenceCodec,
} from "#action/tokens";
import { defineCommand, UsageError } from "../command.ts";

/** What is printed for one action, or for one chunk of FAST. */
interface TokenLine {
  readonly ids: readonly number[];
  /** Ids in the vocabulary of the language model that the scheme was made for. */
  readonly absoluteIds?: readonly number[];
  /** As the action: a list, or for a chunk a list of lists. */
  readonly decoded: readonly number[] | readonly (readonly number[])[];
  /** How many values lay outside the bins, or for FAST how many coefficients lay outside its range. */
  readonly clamped: number;
}

type Tokenize = (action: unknown) => TokenLine;

const FAST = "fast";
const SCHEMES = [...SCHEME_NAMES, FAST] as const;

/** Schemes that need no fit have a spec for seven dimensions on [-1, 1]; RT-2 has one number more, whether to stop. */
const DEFAULT_SPECS: Readonly<Partial<Record<SchemeName, object>>> = {
  rt1: { bounds: Array.from({ length: 7 }, () => [-1, 1]) },
  rt2: {},
  openvla: {},
  octo: {},
};

export const tokenizeCommand = defineCommand({
  name: "tokenize",
  summary: "Turn actions into token ids and back, one JSON array per line of stdin.",
  example: "tendon tokenize --scheme openvla < actions.jsonl",
  positionals: [],
  args: z.object({
    scheme: z.enum(SCHEMES).describe("action tokenizer"),
    spec: z
      .string()
      .min(1)
      .describe("JSON file with the tokenizer's fields; for spatialvla also a model's processor_config.json, for fast also the folder of a published tokenizer")
      .optional()
      .meta({ note: `not needed for ${Object.keys(DEFAULT_SPECS).join(", ")}` }),
  }),
  async run({ scheme, spec }, io) {
    const tokenize = await tokenizerOf(scheme, spec);
    let [number, actions] = [0, 0];
    const clamped = { values: 0, lines: 0 };
    for await (const line of io.lines()) {
      io.signal.throwIfAborted();
      number++;
      if (line.trim() === "") continue;
      actions++;
      const tokens = atLine(number, () => tokenize(parseJson(line)));
      clamped.values += tokens.clamped;
      clamped.lines += tokens.clamped > 0 ? 1 : 0;
      io.out(JSON.stringify(tokens));
    }
    // The lines end early when the signal aborts.
    io.signal.throwIfAborted();
    if (actions === 0) io.note("no action was read; give one JSON array per line on stdin");
    if (clamped.values > 0) {
      io.note(io.color.yellow(`warning: ${counted(clamped.values, "value")} on ${counted(clamped.lines, "line")} lay outside the bins and ${clamped.values === 1 ? "was" : "were"} clamped`));
    }
  },
});

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`is not JSON (${error instanceof Error ? error.message : error})`, { cause: error });
  }
}

/** @throws Error naming the line for whatever goes wrong with it */
function atLine<Result>(number: number, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new Error(`line ${number}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function tokenizerOf(scheme: (typeof SCHEMES)[number], path: string | undefined): Promise<Tokenize> {
  if (path === undefined) {
    const spec = scheme === FAST ? undefined : DEFAULT_SPECS[scheme];
    if (spec === undefined) throw new UsageError(`--spec is missing: ${scheme} has no bins of its own, give the JSON file of a fitted tokenizer`);
    return tokenizerOfSpec({ scheme, ...spec });
  }
  if (scheme === FAST && (await stat(path)).isDirectory()) return publishedTokenizer(path);
  const content = await readJson(path);
  return named(path, () => tokenizerOfSpec(specOfFile(scheme, content)));
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8");
  return named(path, () => parseJson(text));
}

/** @throws Error naming the file for whatever is wrong with it */
function named<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The file's object with its scheme's name, which files may leave out. */
function specOfFile(scheme: string, content: unknown): object {
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new Error(`holds ${kindOf(content)}, expected an object with the fields of a ${scheme} tokenizer`);
  }
  const published = scheme === "spatialvla" ? specFromBinPolicy(content) : undefined;
  if (published !== undefined) return published;
  if ("scheme" in content && content.scheme !== scheme) {
    throw new Error(`is a spec of scheme ${JSON.stringify(content.scheme)}, but --scheme is ${scheme}`);
  }
  return { scheme, ...content };
}

/** Specs are checked where codecs are made, so anything may come in here. */
function tokenizerOfSpec(spec: object): Tokenize {
  const isFast = "scheme" in spec && spec.scheme === FAST;
  return isFast ? chunkTokenizer(fastCodec(spec as FastSpec)) : actionTokenizer(spec as CodecSpecInput);
}

function actionTokenizer(spec: CodecSpecInput): Tokenize {
  const codec = gridCodec(spec);
  const { absoluteId } = codec;
  const ids = new Int32Array(codec.slots.length);
  const decoded = new Float64Array(codec.actionSize);
  return (action) => {
    const clamped = codec.encode(numbers(action, codec.actionSize, "the action"), ids);
    codec.decode(ids, decoded);
    const absolute = absoluteId === undefined ? {} : { absoluteIds: Array.from(ids, absoluteId) };
    return { ids: [...ids], ...absolute, decoded: [...decoded], clamped };
  };
}

/** The two files of a published FAST. Where they do not say for which chunks, the first line does. */
async function publishedTokenizer(folder: string): Promise<Tokenize> {
  const [tokenizer, processor] = [await readJson(join(folder, "tokenizer.json")), await readJson(join(folder, "processor_config.json"))];
  let tokenize: Tokenize | undefined;
  return (chunk) => {
    const rows = list(chunk, "rows of numbers", "the chunk");
    const sizes = { horizon: rows.length, actionSize: list(rows[0], "numbers", "row 0 of the chunk").length };
    tokenize ??= chunkTokenizer(named(folder, () => publishedFast({ tokenizer, processor }, sizes)));
    return tokenize(chunk);
  };
}

/** A line is a chunk: H rows of A numbers. */
function chunkTokenizer(codec: Omit<SequenceCodec, "symbols"> & Partial<Pick<PublishedFastCodec, "absoluteId">>): Tokenize {
  const { horizon, actionSize, absoluteId } = codec;
  const decoded = new Float64Array(horizon * actionSize);
  return (chunk) => {
    const rows = list(chunk, `${horizon} rows of ${actionSize} numbers`, "the chunk");
    if (rows.length !== horizon) throw new Error(`the chunk has ${rows.length} rows, expected ${horizon} of ${actionSize} numbers`);
    const { ids, clamped } = codec.encode(rows.flatMap((row, i) => numbers(row, actionSize, `row ${i} of the chunk`)));
    codec.decode(ids, decoded);
    const absolute = absoluteId === undefined ? {} : { absoluteIds: ids.map(absoluteId) };
    return { ids, ...absolute, decoded: rows.map((_, i) => [...decoded.subarray(i * actionSize, (i + 1) * actionSize)]), clamped };
  };
}

function numbers(value: unknown, count: number, who: string): number[] {
  const items = list(value, `${count} numbers`, who);
  if (items.length !== count) throw new Error(`${who} has ${items.length} numbers, expected ${count}`);
  return items.map((item, i) => {
    if (typeof item !== "number") throw new Error(`dimension ${i} of ${who} is ${JSON.stringify(item)}, expected a number`);
    return item;
  });
}

function list(value: unknown, expected: string, who: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${who} is ${kindOf(value)}, expected an array of ${expected}`);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
