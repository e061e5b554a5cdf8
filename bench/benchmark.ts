/** @file What a benchmark is: a name, one run, and its result for programs and for people. */

export interface Benchmark {
  /** The word given to `npm run bench`. */
  readonly name: string;
  /** One sentence for the list. */
  readonly summary: string;
  /** Words that `--only` takes, where it can be run in parts. */
  readonly parts?: readonly string[];
  /** @param only one of `parts`; all of them when absent */
  run(only?: string): Promise<BenchmarkResult>;
}

export interface BenchmarkResult {
  /** Printed as one line with `--json`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Printed otherwise. */
  readonly lines: readonly string[];
}

/** The middle value; NaN of an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? NaN) + high) / 2;
}

/** Wall time of one call, ms. */
export async function millisecondsOf(call: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/** Round to what a measurement is worth: four digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
