/** @file What a benchmark is: a name, one run, and its result for programs and for people. */

export interface Benchmark {
  /** The word given to `npm run bench`. */
  readonly name: string;
  /** One sentence for the list. */
  readonly summary: string;
  /** Words that `--only` takes, where it can be run in parts. */
  readonly parts?: readonly string[];
  /** Words that `--preset` takes, where it can be run at several sizes. */
  readonly presets?: readonly string[];
  run(options: BenchmarkOptions): Promise<BenchmarkResult>;
}

/** What the command line says; benchmarks without parts and presets take no notice. */
export interface BenchmarkOptions {
  /** One of `parts`; all of them when absent. */
  readonly only?: string;
  /** One of `presets`; the benchmark's own choice when absent. */
  readonly preset?: string;
  /** Processes at a time, where a benchmark has several; its own choice when absent. */
  readonly workers?: number;
}

export interface BenchmarkResult {
  /** Printed as one line with `--json`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Printed otherwise. */
  readonly lines: readonly string[];
  /** Whether something could not be measured; the command ends with status 1 then. */
  readonly isIncomplete?: boolean;
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
