/** @file A command's outside kept in memory, so that commands are tested without a child process. */

import pico from "picocolors";
import type { CommandIo } from "./io.ts";

export interface FakeIo extends CommandIo {
  /** Lines written to stdout. */
  readonly outLines: string[];
  /** Lines written to stderr. */
  readonly noteLines: string[];
  /** Progress updates as `label done/total postfix`. */
  readonly progressLines: string[];
  /** What Ctrl-C does. */
  interrupt(): void;
}

/** @param stdin lines to be read */
export function fakeIo(stdin: readonly string[] = []): FakeIo {
  const stop = new AbortController();
  const outLines: string[] = [];
  const noteLines: string[] = [];
  const progressLines: string[] = [];
  return {
    outLines,
    noteLines,
    progressLines,
    interrupt: () => stop.abort(),
    async *lines() {
      yield* stdin;
    },
    out: (line) => void outLines.push(line),
    note: (line) => void noteLines.push(line),
    progress: ({ label, total }) => ({
      update: (done, postfix = "") =>
        void progressLines.push(`${label} ${done}/${total} ${postfix}`.trimEnd()),
      end: () => {},
      [Symbol.dispose]: () => {},
    }),
    signal: stop.signal,
    isTty: false,
    color: pico.createColors(false),
  };
}
