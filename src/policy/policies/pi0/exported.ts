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

/** What has to be known of the graphs to act with them. */
export const exportSchema = z.object({
  variant: z.enum(["pi0", "pi05"]),
  format: z.enum(["f32", "int4"]),
  cameras: z.array(z.string()),
  promptTokens: z.number().int().positive(),
  origin: z.enum(["openpi", "lerobot"]),
  horizon: z.number().int().positive(),
  normalizers: z.object({ state: normalizer, action: normalizer }),
});
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
