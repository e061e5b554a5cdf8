/** @file A π0 model for any runtime: graphs that share one file of weights beside them, as floats or in 4 bits. */

import { packInt4, sizeOf, type HostTensor, type StoredTensors } from "#engine/array";
import { INT4_BLOCK, int4Keys, stored, type PlaceOf, type StoredFormat } from "#engine/graph";
import { namedParameters, type NamedSpec } from "#engine/nn";
import { z } from "zod";
import type { FoundKey } from "./checkpoint/key-report.ts";
import type { WeightSource } from "./graphs.ts";
import type { Pi0Network } from "./network.ts";

/** Name of the file of weights, and of the one that says what the graphs are. */
export const WEIGHTS_FILE = "weights.bin";
export const EXPORT_FILE = "tendon-pi0.json";

const normalizer = z.object({ kind: z.enum(["limits", "gaussian", "quantiles"]), scale: z.array(z.number()), offset: z.array(z.number()) });

/** Of the file below. Raised where another runtime that goes by the old one would act wrongly. */
export const EXPORT_VERSION = 3;

const count = z.number().int().positive();

const described = z.object({
  version: z.literal(EXPORT_VERSION),
  variant: z.enum(["pi0", "pi05"]),
  format: z.enum(["f32", "int4"]),
  /** In the order of `seen.i` and `isThere.i` of the graph `prefix`. */
  cameras: z.array(z.string()),
  /** L of `prompt` and `isPrompt`. */
  promptTokens: count,
  /** Whose way of fitting frames and writing prompts. */
  origin: z.enum(["openpi", "lerobot"]),
  /** Whether the prompt tells the state in bins, as that of π0.5 does. */
  tellsState: z.boolean(),
  /** H of `noise`, `previous` and `chunk`. */
  horizon: count,
  /** Their A, padding included: the robot's own dimensions come first, and are as many as `normalizers.action` has. */
  actionSize: count,
  /** S of `state`, an input of π0's `steps` and `guided`: the robot's own numbers, normalized, then zeros. π0.5 has no such input. */
  stateSize: count,
  /** By the robot's own dimension of an action: whether it is an offset from the state, in physical units, at the moment of prediction; else it is absolute. */
  relative: z.array(z.boolean()),
  /** What the graph `guided` was traced with: the largest weight of its correction, and how that goes back, see `GuidanceOptions`. */
  guidance: z.object({ maxGuidance: z.number().positive(), jacobian: z.enum(["network", "identity"]) }),
  /** normalized = scale * physical + offset, by the robot's own dimension. */
  normalizers: z.object({ state: normalizer, action: normalizer }),
});

/**
 * `tendon-pi0.json`: what has to be known of the graphs to act with them.
 *
 * Files before version 2 do not say which actions are offsets, and `weights` of `guided` had no dimensions before version 3; they are refused, in one sentence.
 */
export const exportSchema = z
  .looseObject({
    version: z.literal(EXPORT_VERSION, {
      error: ({ input }) => `${EXPORT_FILE} is of version ${String(input ?? 1)}, expected ${EXPORT_VERSION}, which says what actions mean, and guides no padding; ${Number(input) > EXPORT_VERSION ? "it was written by a newer Tendon: update this one" : "write it again with tendon checkpoint export"}`,
    }),
  })
  .pipe(described)
  .refine(({ relative, normalizers: { action } }) => relative.length === action.scale.length, { path: ["relative"], error: "expected a boolean for every dimension that normalizers.action has" })
  .refine(({ relative, normalizers: { state } }) => relative.lastIndexOf(true) < state.scale.length, { path: ["relative"], error: "an action is an offset from a number that the state does not have" });
export type Pi0Export = z.output<typeof exportSchema>;

/** Some bytes of the file of weights. */
interface Part {
  readonly offset: number;
  readonly length: number;
}

export interface ExportPlan {
  /** Stored constants for the graphs. */
  readonly weights: WeightSource;
  /** Where `emit` finds them. */
  readonly placeOf: PlaceOf;
  /** Bytes of the file. */
  readonly size: number;
  formatOf(spec: NamedSpec): StoredFormat;
  partOf(key: string): Part;
}

/** Of pages, in which files are mapped into memory. */
const ALIGNMENT = 4096;

/**
 * Matrices of all layers in the format, the rest as floats: norms and biases, the table of words, which is looked up in, and layers that are cut in two.
 */
export function exportPlan({ parameters }: Pi0Network, format: StoredFormat): ExportPlan {
  const formatOf = ({ name, shape }: Pick<NamedSpec, "name" | "shape">): StoredFormat =>
    format === "int4" && shape.length === 2 && /\.layers\.\d+\..*Proj\.weight$|\.layers\.\d+\.mlp\.fc\d\.weight$|\.multiModalProjector\.linear\.weight$/.test(name) ? "int4" : "f32";
  const parts = new Map<string, Part>();
  let at = 0;
  const place = (key: string, length: number): void => {
    parts.set(key, { offset: at, length });
    at = Math.ceil((at + length) / ALIGNMENT) * ALIGNMENT;
  };
  for (const spec of namedParameters(parameters)) {
    if (formatOf(spec) === "f32") place(spec.name, 4 * sizeOf(spec.shape));
    else {
      const [rows = 0, columns = 0] = spec.shape;
      const blocks = rows * Math.ceil(columns / INT4_BLOCK);
      place(int4Keys(spec.name).codes, blocks * (INT4_BLOCK / 2));
      place(int4Keys(spec.name).scales, 4 * blocks);
    }
  }
  const partOf = (key: string): Part => {
    const part = parts.get(key);
    if (part === undefined) throw new Error(`exportPlan: there is no weight "${key}"`);
    return part;
  };
  return {
    weights: (path, shape) => stored(path, shape, formatOf({ name: path, shape })),
    placeOf: (key) => ({ location: WEIGHTS_FILE, ...partOf(key) }),
    size: at,
    formatOf,
    partOf,
  };
}

/** Bytes, and where they belong in the file. */
export interface PlacedBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Values that are held at a time. */
const HELD = 2 ** 24;

/** The bytes of a parameter's values, some rows at a time. */
export async function* placedBytes(tensors: StoredTensors, { spec, key, negated }: FoundKey, plan: ExportPlan): AsyncGenerator<PlacedBytes> {
  const columns = spec.shape.length === 2 ? (spec.shape[1] ?? 1) : sizeOf(spec.shape);
  const rows = sizeOf(spec.shape) / columns;
  const step = Math.max(1, Math.floor(HELD / columns));
  const isPacked = plan.formatOf(spec) === "int4";
  const blocks = Math.ceil(columns / INT4_BLOCK);
  const keys = int4Keys(spec.name);
  for (let row = 0; row < rows; row += step) {
    const last = Math.min(rows, row + step);
    const { data } = (await tensors.readPart(key, row * columns, last * columns)) as HostTensor<"f32">; // the report has looked at its dtype
    const values = negated ? data.map((value) => -value) : data;
    if (!isPacked) yield { offset: plan.partOf(spec.name).offset + 4 * row * columns, bytes: bytesOf(values) };
    else {
      const { codes, scales } = packInt4(values, { columns, block: INT4_BLOCK });
      yield { offset: plan.partOf(keys.codes).offset + row * blocks * (INT4_BLOCK / 2), bytes: codes };
      yield { offset: plan.partOf(keys.scales).offset + 4 * row * blocks, bytes: bytesOf(scales) };
    }
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
