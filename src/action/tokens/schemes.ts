/** @file Every tokenizer of single actions: a codec from its spec, a spec from data, and what schemes there are. */

import { z } from "zod";
import type { GridCodec } from "./codec.ts";
import { octoScheme } from "./octo-bins.ts";
import { openvlaScheme } from "./openvla-bins.ts";
import { planarScheme } from "./planar-grid.ts";
import { rt1Scheme } from "./rt1-bins.ts";
import { rt2Scheme } from "./rt2-integers.ts";
import type { Scheme } from "./scheme.ts";
import { spatialScheme } from "./spatial-grid.ts";

/** A spec says everything needed to rebuild a codec, as plain JSON; a policy stores it with its weights. */
export const codecSpecSchema = z.discriminatedUnion("scheme", [
  rt1Scheme.schema,
  rt2Scheme.schema,
  openvlaScheme.schema,
  octoScheme.schema,
  spatialScheme.schema,
  planarScheme.schema,
]);

export type CodecSpec = z.output<typeof codecSpecSchema>;
/** A spec as it may be written: fields that have a default may be left out. */
export type CodecSpecInput = z.input<typeof codecSpecSchema>;
export type SchemeName = CodecSpec["scheme"];

const SCHEMES: readonly Pick<Scheme<SchemeName>, "name" | "parse" | "codecOf" | "fit">[] = [
  rt1Scheme,
  rt2Scheme,
  openvlaScheme,
  octoScheme,
  spatialScheme,
  planarScheme,
];

/** The names of all schemes. */
export const SCHEME_NAMES: readonly SchemeName[] = SCHEMES.map(({ name }) => name);

/**
 * The codec of a spec.
 *
 * @throws RangeError when the scheme is unknown, a field is missing or wrong, or the numbers make no codec
 */
export function gridCodec(spec: CodecSpecInput): GridCodec {
  return schemeOf(spec).codecOf(spec);
}

/**
 * A spec from JSON of unknown origin, with its defaults filled in.
 *
 * @throws RangeError as `gridCodec`
 */
export function parseCodecSpec(value: unknown): CodecSpec {
  return codecSpecSchema.parse(schemeOf(value).parse(value));
}

/**
 * Fit a codec to actions.
 *
 * @param rows f32[rows · A], normalized to about [-1, 1]
 * @param options fields of the spec that data do not decide, where the scheme's defaults are not wanted; they also override what is fitted
 * @throws RangeError when the scheme is unknown or does not go with the action size, or rows are missing, cut off or not finite
 */
export function fitCodec(
  name: SchemeName,
  rows: Float32Array,
  actionSize: number,
  options: Readonly<Record<string, unknown>> = {},
): CodecSpec {
  const scheme = schemeOf({ scheme: name });
  assertRows(rows, actionSize);
  return parseCodecSpec({ scheme: name, ...scheme.fit({ values: rows, actionSize }), ...options });
}

function schemeOf(spec: unknown): (typeof SCHEMES)[number] {
  const name: unknown = typeof spec === "object" && spec !== null && "scheme" in spec ? spec.scheme : undefined;
  const scheme = SCHEMES.find((candidate) => candidate.name === name);
  if (scheme !== undefined) return scheme;
  const got = name === undefined ? "no scheme" : `scheme ${JSON.stringify(name)}`;
  throw new RangeError(`codec spec: got ${got}, expected one of ${SCHEME_NAMES.join(", ")}`);
}

function assertRows(rows: Float32Array, actionSize: number): void {
  if (!(Number.isInteger(actionSize) && actionSize > 0)) throw new RangeError(`fitCodec: actionSize is ${actionSize}, expected an integer ≥ 1`);
  if (rows.length === 0 || rows.length % actionSize !== 0) {
    throw new RangeError(`fitCodec: got ${rows.length} numbers, expected at least one action of ${actionSize}`);
  }
  const bad = rows.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) {
    throw new RangeError(`fitCodec: action ${Math.floor(bad / actionSize)}, dimension ${bad % actionSize} is ${rows[bad]}, expected a finite number`);
  }
}
