/** @file A progress bar: its numbers and its text as pure functions of a clock. */

import type { Colors } from "picocolors/types.js";

/** What a command tells about a long piece of work. */
export interface ProgressTask {
  /** Short name in front of the bar: "train". */
  readonly label: string;
  /** Units of work in all. */
  readonly total: number;
  /** Name of a unit, for the rate: "step" gives "412 steps/s". */
  readonly unit: string;
  /** Units already done, as after a resume; they do not count towards the rate. Default 0. */
  readonly start?: number;
}

export interface ProgressState extends Required<ProgressTask> {
  readonly done: number;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly postfix: string;
  /** Smoothed rate in units/s, with the weight it has gathered (1 once warmed up). */
  readonly smoothedRate: number;
  readonly weight: number;
  /** Where and when the rate was last sampled. */
  readonly sampledDone: number;
  readonly sampledMs: number;
}

export function startProgress(task: ProgressTask, nowMs: number): ProgressState {
  const done = task.start ?? 0;
  return {
    ...task,
    start: done,
    done,
    startedMs: nowMs,
    nowMs,
    postfix: "",
    smoothedRate: 0,
    weight: 0,
    sampledDone: done,
    sampledMs: nowMs,
  };
}

/** Time constant of the rate's moving average, and the shortest span a rate is measured over. */
const RATE_MEMORY_MS = 8_000;
const RATE_SAMPLE_MS = 200;

/** The state after `done` units in all, at `nowMs`. */
export function advance(
  state: ProgressState,
  done: number,
  nowMs: number,
  postfix: string = state.postfix,
): ProgressState {
  const moved = { ...state, done, nowMs, postfix };
  const spanMs = nowMs - state.sampledMs;
  if (spanMs < RATE_SAMPLE_MS) return moved;
  const keep = Math.exp(-spanMs / RATE_MEMORY_MS);
  const rate = (done - state.sampledDone) / (spanMs / 1000);
  return {
    ...moved,
    smoothedRate: keep * state.smoothedRate + (1 - keep) * rate,
    weight: keep * state.weight + (1 - keep),
    sampledDone: done,
    sampledMs: nowMs,
  };
}

/** Units per second: a moving average whose start from zero is corrected by its weight. */
export function rateOf({ smoothedRate, weight }: ProgressState): number {
  return weight === 0 ? 0 : smoothedRate / weight;
}

/** Seconds left at the present rate; undefined before the first sample or when nothing moves. */
export function secondsLeft(state: ProgressState): number | undefined {
  const rate = rateOf(state);
  return rate > 0 ? Math.max(0, state.total - state.done) / rate : undefined;
}

const BAR_WIDTH = 24;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** One terminal line, at most `columns` wide; the postfix gives way first. */
export function barLine(state: ProgressState, columns: number, color: Colors): string {
  const head = `${state.label} ${percent(state)} `;
  const numbers = ` ${countText(state)}  ${paceText(state)}`;
  const width = Math.min(BAR_WIDTH, columns - head.length - numbers.length);
  if (width < 4) return clip(`${head.trimEnd()}${numbers}`, columns);
  const room = columns - head.length - width - numbers.length - 2;
  const postfix = room >= 8 && state.postfix !== "" ? `  ${clip(state.postfix, room)}` : "";
  const [filled, empty] = barOf(fractionOf(state), width);
  return `${head}${color.cyan(filled)}${color.dim(empty)}${numbers}${color.dim(postfix)}`;
}

/** One plain line for logs: no bar, no colour. */
export function logLine(state: ProgressState): string {
  const postfix = state.postfix === "" ? "" : `  ${state.postfix}`;
  return `${state.label} ${percent(state).trim()} ${countText(state)}  ${paceText(state)}${postfix}`;
}

/** The line a finished task leaves behind. */
export function endLine(state: ProgressState): string {
  const seconds = (state.nowMs - state.startedMs) / 1000;
  const rate = seconds > 0 ? (state.done - state.start) / seconds : 0;
  const postfix = state.postfix === "" ? "" : `  ${state.postfix}`;
  const units = `${state.done} ${plural(state.unit)}`;
  return `${state.label}: ${units} in ${duration(seconds)} (${rateText(rate, state.unit)})${postfix}`;
}

/** "4 s", "3:07", "1:02:45". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

function fractionOf({ done, total }: ProgressState): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
}

function percent(state: ProgressState): string {
  return `${String(Math.floor(100 * fractionOf(state))).padStart(3)} %`;
}

function countText({ done, total }: ProgressState): string {
  return `${String(done).padStart(String(total).length)}/${total}`;
}

function paceText(state: ProgressState): string {
  const left = secondsLeft(state);
  const pace = left === undefined ? "" : `${rateText(rateOf(state), state.unit)}  ${duration(left)} left`;
  return pace || "starting";
}

/** Slow work reads better as seconds per unit. */
function rateText(rate: number, unit: string): string {
  if (rate > 0 && rate < 1) return `${(1 / rate).toFixed(1)} s/${unit}`;
  return `${rate >= 100 ? rate.toFixed(0) : rate.toFixed(1)} ${plural(unit)}/s`;
}

function plural(unit: string): string {
  return unit.endsWith("s") ? unit : `${unit}s`;
}

function barOf(fraction: number, width: number): [filled: string, empty: string] {
  const eighths = Math.round(fraction * width * 8);
  const filled = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return [filled, "·".repeat(width - filled.length)];
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
