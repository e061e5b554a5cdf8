/** @file What a command may do to the outside: lines, progress, and being told to stop. */

import { createInterface } from "node:readline";
import pico from "picocolors";
import type { Colors } from "picocolors/types.js";
import { ClosedPipeError, EXIT } from "./errors.ts";
import type { ProgressTask } from "./progress.ts";
import { progressReporter, type Progress } from "./reporter.ts";

export type { Progress } from "./reporter.ts";
export type { ProgressTask } from "./progress.ts";

export interface CommandIo {
  /** The lines of stdin, without their ends. It is read from when this is called, and no longer once `signal` aborts. */
  lines(): AsyncIterable<string>;
  /** A result, to stdout. With `--json`: one JSON object per line and nothing else. */
  out(line: string): void;
  /** Anything said to people, to stderr. */
  note(line: string): void;
  /** A progress bar on stderr, or sparse plain lines where stderr is no terminal. */
  progress(task: ProgressTask): Progress;
  /** Aborts on the first Ctrl-C, and when the reader of stdout goes away. */
  readonly signal: AbortSignal;
  /** Whether stdout is a terminal. */
  readonly isTty: boolean;
  /** Colours for stdout and stderr; plain text with NO_COLOR or where either is no terminal. */
  readonly color: Colors;
}

/** The process's own streams. Call once; it listens for SIGINT and for closed pipes. */
export function terminalIo(): CommandIo {
  const { stdout, stderr } = process;
  const stop = new AbortController();
  abortOnInterrupt(stop);
  const isClosed = abortOnClosedPipe(stop);
  const isTty = stderr.isTTY === true && process.env["TERM"] !== "dumb";
  const wantsColor = isTty && (process.env["NO_COLOR"] ?? "") === "";
  const reporter = progressReporter({
    write: (text) => void stderr.write(text),
    isTty,
    color: pico.createColors(wantsColor),
    columns: () => stderr.columns || 80,
    nowMs: () => performance.now(),
  });
  return {
    lines: () => createInterface({ input: process.stdin, crlfDelay: Infinity, signal: stop.signal }),
    out(line) {
      if (!isClosed()) stdout.write(`${line}\n`);
    },
    note: reporter.note,
    progress: reporter.start,
    signal: stop.signal,
    isTty: stdout.isTTY === true,
    // Results may be redirected to a file while notes still go to the terminal.
    color: pico.createColors(wantsColor && stdout.isTTY === true),
  };
}

/** The first Ctrl-C asks the command to end in order; the second ends it at once. */
function abortOnInterrupt(stop: AbortController): void {
  process.on("SIGINT", () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort();
  });
}

/** Returns whether stdout is closed. A closed stderr only silences the notes. */
function abortOnClosedPipe(stop: AbortController): () => boolean {
  let closed = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    closed = true;
    stop.abort(new ClosedPipeError("stdout was closed by its reader"));
  });
  process.stderr.on("error", () => {});
  return () => closed;
}
