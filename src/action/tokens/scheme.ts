/** @file What a tokenizer scheme is: a spec that is plain JSON, the codec of a spec, and the spec that fits data. */

import { z } from "zod";
import type { GridCodec } from "./codec.ts";

/** Actions to fit a codec to. */
export interface ActionRows {
  /** f32[rows · A], normalized to about [-1, 1]; finite. */
  readonly values: Float32Array;
  /** A */
  readonly actionSize: number;
}

/** A spec's schema: an object with its scheme's name. */
export type SpecSchema<Name extends string> = z.ZodObject<{ scheme: z.ZodLiteral<Name> }, z.core.$strict>;

export interface SchemeRules<Name extends string, Schema extends SpecSchema<Name>> {
  readonly name: Name;
  readonly schema: Schema;
  /** @throws RangeError when the numbers of the spec make no codec */
  codec(spec: z.output<Schema>): GridCodec;
  /**
   * The fields of a spec that data decide. Rows are whole, finite and at least one.
   *
   * @throws RangeError when the scheme does not go with the action size
   */
  fit(rows: ActionRows): Omit<z.input<Schema>, "scheme">;
}

export interface Scheme<Name extends string = string, Schema extends SpecSchema<Name> = SpecSchema<Name>> {
  readonly name: Name;
  readonly schema: Schema;
  readonly fit: (rows: ActionRows) => object;
  /** @throws RangeError naming what is wrong with the spec */
  readonly codecOf: (spec: unknown) => GridCodec;
  /** @throws RangeError naming what is wrong with the spec */
  readonly parse: (spec: unknown) => z.output<Schema>;
}

export function defineScheme<Name extends string, Schema extends SpecSchema<Name>>(
  rules: SchemeRules<Name, Schema>,
): Scheme<Name, Schema> {
  const { name, schema, fit } = rules;
  const parse = (spec: unknown): z.output<Schema> => {
    const result = schema.safeParse(spec);
    if (result.success) return result.data;
    throw new RangeError(`${name} codec spec: ${describeIssue(result.error.issues[0])}; ${REMEDY}`);
  };
  return { name, schema, fit, parse, codecOf: (spec) => rules.codec(parse(spec)) };
}

const REMEDY = "fit one to data or take the one saved with the policy";

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return "it is not understood";
  const path = issue.path.join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

/** [low, high] of one dimension. */
export const boundsSchema = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low < high, { error: "expected [low, high] with low below high" });

/**
 * Smallest and largest value of every dimension. A dimension that never changes has its value in the middle of a range of 2, as
 * [-1, 1] around 0.
 */
export function boundsOf({ values, actionSize }: ActionRows): [number, number][] {
  const bounds = Array.from({ length: actionSize }, (): [number, number] => [Infinity, -Infinity]);
  for (let i = 0; i < values.length; i++) {
    const pair = bounds[i % actionSize];
    const value = values[i] ?? 0;
    if (pair === undefined) continue;
    pair[0] = Math.min(pair[0], value);
    pair[1] = Math.max(pair[1], value);
  }
  return bounds.map(([low, high]) => (low < high ? [low, high] : [low - 1, high + 1]));
}
