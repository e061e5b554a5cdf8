/** @file Parquet tables as columns of plain values. */

import { parquetMetadata, parquetRead, type ColumnData, type SchemaElement } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parquetWriteBuffer } from "hyparquet-writer";

/** Columns by name; every column has one entry per row. Integers are bigints, lists are arrays. */
export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * Read some columns of a parquet file.
 *
 * @param columns those to read; all when left out
 * @param where the file, for errors
 * @throws Error when the file is cut off or damaged, or a column is missing
 */
export async function readTable(bytes: Uint8Array, where: string, columns?: readonly string[]): Promise<Table> {
  const file = toArrayBuffer(bytes);
  try {
    const metadata = parquetMetadata(file);
    const known = (metadata.schema[0]?.num_children ?? 0) > 0 ? topLevelNames(metadata.schema) : [];
    const missing = columns?.find((column) => !known.includes(column));
    if (missing !== undefined) throw new Error(`column "${missing}" is missing; it has ${known.join(", ")}`);
    const chunks: ColumnData[] = [];
    await parquetRead({
      file,
      metadata,
      compressors,
      // Bytes without an annotation are bytes: images.
      utf8: false,
      ...(columns && { columns: [...columns] }),
      onChunk: (chunk) => void chunks.push(chunk),
    });
    return assemble(chunks, columns ?? known, Number(metadata.num_rows));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${where}: cannot read this parquet file (${why}); it may be cut off, get it again`, {
      cause: error,
    });
  }
}

function assemble(chunks: readonly ColumnData[], names: readonly string[], rows: number): Table {
  const columns = Object.fromEntries(names.map((name) => [name, Array.from<unknown>({ length: rows })]));
  let filled = 0;
  for (const { columnName, columnData, rowStart } of chunks) {
    const column = columns[columnName];
    if (column === undefined) continue;
    for (let i = 0; i < columnData.length; i++) column[rowStart + i] = columnData[i];
    filled += columnData.length;
  }
  if (filled !== rows * names.length)
    throw new Error(`${filled} values, expected ${rows} in each of ${names.length} columns`);
  return { rows, columns };
}

function topLevelNames(schema: readonly SchemaElement[]): string[] {
  const names: string[] = [];
  let position = 1;
  const skip = (): void => {
    const children = schema[position++]?.num_children ?? 0;
    for (let child = 0; child < children; child++) skip();
  };
  while (position < schema.length) {
    names.push(schema[position]?.name ?? "");
    skip();
  }
  return names;
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  if (isWhole && buffer instanceof ArrayBuffer) return buffer;
  return new Uint8Array(bytes).buffer;
}

/** Element types the writer needs. */
export type ElementType = "FLOAT" | "DOUBLE" | "INT64" | "STRING" | "IMAGE";

export interface ColumnToWrite {
  readonly name: string;
  readonly type: ElementType;
  /** Lists around each element: 0 for scalars, 1 for vectors, 3 for what has a value per channel of an image. */
  readonly depth: 0 | 1 | 3;
  /** One entry per row; INT64 values are bigints, IMAGE values `{ bytes, path }`. */
  readonly values: readonly unknown[];
}

/**
 * Write a parquet file (snappy). The same columns give the same bytes.
 *
 * @param rowGroups rows of each row group; their sum is the number of rows
 */
export function writeTable(
  columns: readonly ColumnToWrite[],
  rowGroups: readonly number[],
  keyValues: Readonly<Record<string, unknown>> = {},
): Uint8Array {
  const root: SchemaElement = { name: "schema", num_children: columns.length };
  const buffer = parquetWriteBuffer({
    // Nested columns must be plain arrays of plain arrays.
    columnData: columns.map(({ name, type, values }) => ({
      name,
      data: [...values],
      // A PNG is compressed as it is.
      ...(type === "IMAGE" && { codec: "UNCOMPRESSED" as const }),
    })),
    schema: [root, ...columns.flatMap(schemaOf)],
    rowGroupSize: [...rowGroups],
    statistics: false,
    createdBy: "tendon",
    kvMetadata: Object.entries(keyValues).map(([key, value]) => ({ key, value: JSON.stringify(value) })),
  });
  return new Uint8Array(buffer);
}

/**
 * A list is the three-level form of the parquet specification: `optional group (LIST) { repeated group list { optional element } }`. An image is
 * the pair that Hugging Face's `datasets` keeps: its bytes, and the name of the file they came from.
 */
function schemaOf({ name, type, depth }: ColumnToWrite): SchemaElement[] {
  const element = (elementName: string): SchemaElement[] => {
    const head = { name: elementName, repetition_type: "OPTIONAL" as const };
    if (type === "STRING") return [{ ...head, type: "BYTE_ARRAY", converted_type: "UTF8" }];
    if (type !== "IMAGE") return [{ ...head, type }];
    const leaf = { type: "BYTE_ARRAY", repetition_type: "OPTIONAL" } as const;
    return [{ ...head, num_children: 2 }, { ...leaf, name: "bytes" }, { ...leaf, name: "path", converted_type: "UTF8" }];
  };
  const lists = Array.from({ length: depth }, (_, level): SchemaElement[] => [
    { name: level === 0 ? name : "element", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
  ]);
  return [...lists.flat(), ...element(depth === 0 ? name : "element")];
}
