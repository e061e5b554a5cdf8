/** @file When progress is drawn: a live line on a terminal, sparse plain lines in a log. */

import type { Colors } from "picocolors/types.js";
import {
  advance,
  barLine,
  endLine,
  logLine,
  startProgress,
  type ProgressState,
  type ProgressTask,
} from "./progress.ts";

/** The handle a command updates. */
export interface Progress {
  /** `done` units in all so far; `postfix` such as `loss 0.031  lr 8.1e-4`. Cheap: call it every step. */
  update(done: number, postfix?: string): void;
  /** Replaces the bar by one summary line, or by none where nothing was done. Call it in `finally`, or hold the handle with `using`. */
  end(): void;
  [Symbol.dispose](): void;
}

export interface ReporterOptions {
  /** Writes raw text to stderr. */
  readonly write: (text: string) => void;
  readonly isTty: boolean;
  readonly color: Colors;
  /** Width of the terminal in characters, read at every draw. */
  readonly columns: () => number;
  readonly nowMs: () => number;
}

export interface Reporter {
  start(task: ProgressTask): Progress;
  /** Writes a line without tearing the live bar. */
  note(line: string): void;
}

/** At most ten redraws a second. */
const REDRAW_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

export function progressReporter(options: ReporterOptions): Reporter {
  // Only the newest bar is drawn; notes need to know whether one stands on the line.
  let live: ProgressState | undefined;
  const draw = (state: ProgressState): void => {
    options.write(CLEAR_LINE + barLine(state, options.columns() - 1, options.color));
  };
  return {
    note(line) {
      if (!options.isTty || live === undefined) return options.write(`${line}\n`);
      options.write(`${CLEAR_LINE}${line}\n`);
      draw(live);
    },
    start(task) {
      const isDue = options.isTty ? everyMs(REDRAW_MS) : growingIntervals();
      let state = startProgress(task, options.nowMs());
      let ended = false;
      const end = (): void => {
        if (ended) return;
        ended = true;
        live = undefined;
        state = advance(state, state.done, options.nowMs());
        // Work that failed before its first unit has an error to show, not a rate.
        const summary = state.done === state.start ? "" : `${endLine(state)}\n`;
        options.write(`${options.isTty ? CLEAR_LINE : ""}${summary}`);
      };
      return {
        update(done, postfix) {
          if (ended) return;
          state = advance(state, done, options.nowMs(), postfix);
          if (options.isTty) live = state;
          if (!isDue(state)) return;
          if (options.isTty) draw(state);
          else options.write(`${logLine(state)}\n`);
        },
        end,
        [Symbol.dispose]: end,
      };
    },
  };
}

type IsDue = (state: ProgressState) => boolean;

function everyMs(intervalMs: number): IsDue {
  let lastMs = -Infinity;
  return ({ nowMs }) => {
    if (nowMs - lastMs < intervalMs) return false;
    lastMs = nowMs;
    return true;
  };
}

/** A log line after 10 s, then at intervals growing to a minute; sooner at each 10 %, but 2 s apart at least. */
function growingIntervals(): IsDue {
  let lastMs: number | undefined;
  let lastTenth = 0;
  let intervalMs = 10_000;
  return ({ done, total, startedMs, nowMs }) => {
    const tenth = Math.floor((10 * done) / Math.max(1, total));
    const sinceMs = nowMs - (lastMs ?? startedMs);
    const isLate = sinceMs >= intervalMs;
    if (!isLate && (tenth === lastTenth || sinceMs < 2_000)) return false;
    if (isLate) intervalMs = Math.min(60_000, intervalMs * 1.5);
    lastMs = nowMs;
    lastTenth = tenth;
    return true;
  };
}
