/** @file Numbers picked out of the columns of a dataset, side by side. */

import { columnOf, featureOf, featureWidth, type Dataset } from "./dataset.ts";

/** Rows of some numbers, tick by tick. */
export interface ColumnRows {
  /** f32[T * size] per episode. */
  readonly rows: readonly Float32Array[];
  /** Numbers in a row. */
  readonly size: number;
  /** What the dataset calls them; null where one of their columns has no names. */
  readonly names: readonly string[] | null;
}

/** Where a number of a row comes from. */
interface Entry {
  readonly column: string;
  /** Numbers in a row of the column, and which of them it is. */
  readonly width: number;
  readonly index: number;
}

/**
 * The numbers that are named, in that order.
 *
 * @param selection each `column` for all of its numbers, `column:3` for one, `column:0-8` for those from 0 to 8, `column:x` for the one of
 *   that name
 * @throws RangeError naming what the dataset has, when a column or a number of it is not there
 */
export function columnRows(dataset: Dataset, selection: readonly string[]): ColumnRows {
  const entries = selection.flatMap((text) => entriesOf(dataset, text));
  if (entries.length === 0) throw new RangeError(`dataset "${dataset.name}": no columns are selected`);
  const rows = dataset.episodes.map((episode) => {
    const sources = entries.map(({ column }) => columnOf(episode, column));
    const picked = new Float32Array(episode.length * entries.length);
    for (let t = 0; t < episode.length; t++) {
      for (const [i, { width, index }] of entries.entries()) picked[t * entries.length + i] = sources[i]?.[t * width + index] ?? NaN;
    }
    return picked;
  });
  const names = entries.map(({ column, index }) => featureOf(dataset, column).names?.[index]);
  return { rows, size: entries.length, names: names.every((name) => name !== undefined) ? names : null };
}

/** The columns that a selection reads, each once. */
export function selectedColumns(selection: readonly string[]): string[] {
  return [...new Set(selection.map((text) => parts(text).column))];
}

function parts(text: string): { readonly column: string; readonly part: string | undefined } {
  const colon = text.indexOf(":");
  return colon === -1 ? { column: text, part: undefined } : { column: text.slice(0, colon), part: text.slice(colon + 1) };
}

function entriesOf(dataset: Dataset, text: string): Entry[] {
  const { column, part } = parts(text);
  const feature = featureOf(dataset, column);
  const width = featureWidth(feature);
  const [first, last] = part === undefined ? [0, width - 1] : rangeOf(part, feature.names);
  if (!(first >= 0 && first <= last && last < width)) {
    const names = feature.names === null ? "" : `, named ${feature.names.join(", ")}`;
    throw new RangeError(`dataset "${dataset.name}": "${text}" selects nothing; ${column} has numbers 0 to ${width - 1}${names}`);
  }
  return Array.from({ length: last - first + 1 }, (_, i) => ({ column, width, index: first + i }));
}

/** First and last index; NaN where the text means none. */
function rangeOf(part: string, names: readonly string[] | null): [number, number] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
  if (first !== undefined) return [Number(first), Number(last)];
  const named = names?.indexOf(part) ?? -1;
  return named === -1 ? [NaN, NaN] : [named, named];
}
