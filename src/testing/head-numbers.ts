/** @file What heads come to, as plain numbers: to be compared between runtimes. */

import { tensorFrom, toNumbers } from "#engine/array";
import { emit, type Program } from "#engine/graph";
import type { OpenSession } from "#engine/runtime";
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
