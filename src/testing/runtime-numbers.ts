/** @file What a head and a tokenizer come to, as plain numbers: to be compared between runtimes. */

import { tensorFrom, toNumbers } from "#engine/array";
import { emit, type Program } from "#engine/graph";
import type { OpenSession } from "#engine/runtime";
import {
  fastCodec, fitCodec, fitFastToEpisodes, gridCodec, publishedFast, SCHEME_NAMES, type GridCodec, type PublishedFastFiles, type SchemeName,
  type SequenceCodec,
} from "#action/tokens";
import { normals } from "./normals.ts";
import { lossProgram, noiseOf, randomBatch, randomParameters, sampleProgram, TINY, tinyHead, type Values } from "./tiny-head.ts";

/** Of a tiny head with random weights, on a random batch. */
export interface HeadNumbers {
  readonly loss: number;
  /** By parameter, two numbers that tell of every entry of its gradient. */
  readonly slopes: Readonly<Record<string, Slope>>;
  /** [B * H * A] */
  readonly chunk: readonly number[];
}

export interface Slope {
  /** ‖g‖ */
  readonly norm: number;
  /** g·v/√n with v one draw of standard normals: it is of about the size of g's entries. */
  readonly along: number;
}

/** By name; a head that failed has its message instead, so that the others are still compared. */
export type ManyHeadNumbers = Readonly<Record<string, HeadNumbers | string>>;

export async function manyHeadNumbers(names: readonly string[], openSession: OpenSession): Promise<ManyHeadNumbers> {
  const results: Record<string, HeadNumbers | string> = {};
  for (const name of names) results[name] = await headNumbers(name, openSession).catch(String);
  return results;
}

/** Emit the loss with its gradients and the sampler of this head, and run them. */
async function headNumbers(name: string, openSession: OpenSession): Promise<HeadNumbers> {
  const { batch } = TINY;
  const head = tinyHead(name);
  const given = { ...randomParameters(head), ...randomBatch(head, batch), noise: noiseOf(head, batch, 5) };
  const { loss = [], ...others } = await run(lossProgram(head, batch), given, openSession);
  const { chunk = [] } = await run(sampleProgram(head, batch), given, openSession);
  const gradients = Object.entries(others).filter(([output]) => output.startsWith("g/"));
  return { loss: loss[0] ?? NaN, slopes: Object.fromEntries(gradients.map(([output, values]) => [output.slice(2), slopeOf(values)])), chunk };
}

function slopeOf(values: readonly number[]): Slope {
  const direction = normals(values.length, 77);
  const along = values.reduce((total, value, i) => total + value * (direction[i] ?? NaN), 0);
  return { norm: Math.hypot(...values), along: along / Math.sqrt(values.length) };
}

async function run(program: Program, values: Values, openSession: OpenSession): Promise<Record<string, number[]>> {
  await using session = await openSession(emit(program).bytes, { threads: 1 });
  const feeds = session.inputNames.map((name) => [name, values[name] ?? tensorFrom("f32", [0], [])] as const);
  const results = await session.run(Object.fromEntries(feeds));
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

/** Of a tokenizer: the ids of a few actions or chunks, and what they decode to. */
export interface TokenNumbers {
  readonly ids: readonly (readonly number[])[];
  readonly decoded: readonly (readonly number[])[];
}

/** The action size each scheme is tried with. */
const SIZES: Readonly<Record<SchemeName, number>> = { rt1: 3, rt2: 8, openvla: 7, octo: 7, spatialvla: 7, planar: 2 };

/**
 * Every tokenizer there is, fitted to the same random actions: the schemes of single actions by name, `fast`, and
 * `published-fast` from its files.
 */
export function tokenNumbers(published: PublishedFastFiles): Record<string, TokenNumbers> {
  const grids = SCHEME_NAMES.map((name): [string, TokenNumbers] => {
    const size = SIZES[name];
    return [name, gridNumbers(gridCodec(fitCodec(name, randomActions(40, size), size)))];
  });
  const sizes = { horizon: 6, actionSize: 2 };
  const episodes = [randomActions(20, 2), randomActions(30, 2)];
  return {
    ...Object.fromEntries(grids),
    fast: sequenceNumbers(fastCodec(fitFastToEpisodes(episodes, sizes))),
    "published-fast": sequenceNumbers(publishedFast(published, sizes)),
  };
}

/** f32[rows * size] inside ±1; RT-2's first number, whether to stop, is inside its bins as well. */
function randomActions(rows: number, size: number): Float32Array {
  return Float32Array.from(normals(rows * size, rows + size), (value) => Math.tanh(0.5 * value));
}

function gridNumbers(codec: GridCodec): TokenNumbers {
  const actions = chunksOf(randomActions(6, codec.actionSize), codec.actionSize);
  const ids = actions.map((action) => {
    const out = new Int32Array(codec.slots.length);
    codec.encode(action, out);
    return [...out];
  });
  return { ids, decoded: ids.map((row) => decodedBy(codec, row, codec.actionSize)) };
}

function sequenceNumbers(codec: Pick<SequenceCodec, "horizon" | "actionSize" | "encode" | "decode">): TokenNumbers {
  const size = codec.horizon * codec.actionSize;
  const ids = chunksOf(randomActions(4 * codec.horizon, codec.actionSize), size).map((chunk) => [...codec.encode(chunk).ids]);
  return { ids, decoded: ids.map((row) => decodedBy(codec, row, size)) };
}

function decodedBy(codec: { decode(ids: ArrayLike<number>, out: Float64Array): void }, ids: readonly number[], size: number): number[] {
  const out = new Float64Array(size);
  codec.decode(ids, out);
  return [...out];
}

function chunksOf(values: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: values.length / size }, (_, i) => values.subarray(i * size, (i + 1) * size));
}
