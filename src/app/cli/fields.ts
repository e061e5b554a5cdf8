/** @file The fields of a command's schema, as flags and positionals need them. */

import { z } from "zod";

export interface Field {
  /** Key in the schema, camelCase. */
  readonly key: string;
  /** The same in kebab-case, without dashes in front. */
  readonly flag: string;
  readonly kind: "text" | "number" | "boolean" | "list";
  /** For a list: whether its items are numbers. */
  readonly numeric: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly default: unknown;
  /** Readable set of allowed values: "an integer ≥ 1", "one of flow, mse". */
  readonly expected: string;
  /** What the help says of a value that is not given, where the schema has no default: the `note` of its `meta`. */
  readonly note: string;
}

const NON_EMPTY = "text that is not empty";

/** Whether what is expected goes without saying. */
export function isAnyText({ expected }: Field): boolean {
  return expected === "text" || expected === NON_EMPTY;
}

/** The parts of JSON Schema that flags use. */
interface JsonField {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly note?: string;
  readonly minLength?: number;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonField[];
  readonly items?: JsonField;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

export function fieldsOf(schema: z.ZodObject): Field[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const required = json.required ?? [];
  return Object.entries(json.properties ?? {}).map(([key, property]) => {
    const field: JsonField = typeof property === "object" ? (property as JsonField) : {}; // a subset of JSON Schema
    return {
      key,
      flag: kebab(key),
      kind: kindOf(field),
      numeric: isNumber(field) || isNumber(field.items ?? {}),
      description: field.description ?? "",
      required: required.includes(key),
      default: field.default,
      expected: expectedOf(field),
      note: field.note ?? "",
    };
  });
}

/** `integrationSteps` → `integration-steps`. */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function variantsOf(field: JsonField): readonly JsonField[] {
  return field.anyOf ?? [field];
}

function hasType(field: JsonField, ...types: readonly string[]): boolean {
  return variantsOf(field).some(({ type }) =>
    (Array.isArray(type) ? type : [type]).some((t: unknown) => types.some((name) => name === t)),
  );
}

function isNumber(field: JsonField): boolean {
  return hasType(field, "number", "integer");
}

function kindOf(field: JsonField): Field["kind"] {
  if (hasType(field, "boolean")) return "boolean";
  if (hasType(field, "array")) return "list";
  return isNumber(field) ? "number" : "text";
}

function expectedOf(field: JsonField): string {
  if (field.enum !== undefined) return `one of ${field.enum.join(", ")}`;
  if (field.const !== undefined) return String(field.const);
  if (hasType(field, "boolean")) return "true or false";
  if (hasType(field, "array")) return `a comma-separated list, each ${expectedOf(field.items ?? {})}`;
  if (isNumber(field)) {
    const noun = hasType(field, "integer") ? "an integer" : "a number";
    return [noun, rangeOf(variantsOf(field).find(isNumber) ?? field)].filter(Boolean).join(" ");
  }
  return (field.minLength ?? 0) > 0 ? NON_EMPTY : "text";
}

function rangeOf(field: JsonField): string {
  const integer = hasType(field, "integer");
  // Zod bounds every integer by the safe range; that is no news to the reader.
  const known = (bound: number | undefined): number | undefined =>
    bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound;
  const above = known(field.exclusiveMinimum);
  const low = known(field.minimum) ?? (integer && above !== undefined ? above + 1 : undefined);
  const below = known(field.exclusiveMaximum);
  const high = known(field.maximum) ?? (integer && below !== undefined ? below - 1 : undefined);
  if (low !== undefined && high !== undefined) return `from ${low} to ${high}`;
  return [
    low === undefined ? (above === undefined ? "" : `> ${above}`) : `≥ ${low}`,
    high === undefined ? (below === undefined ? "" : `< ${below}`) : `≤ ${high}`,
  ]
    .filter(Boolean)
    .join(" and ");
}
