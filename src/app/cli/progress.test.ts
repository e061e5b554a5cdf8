import pico from "picocolors";
import { expect, test } from "vitest";
import {
  advance,
  barLine,
  duration,
  endLine,
  logLine,
  rateOf,
  secondsLeft,
  startProgress,
} from "./progress.ts";
import { progressReporter } from "./reporter.ts";

const plain = pico.createColors(false);
const task = { label: "train", total: 1000, unit: "step" };

/** A task that moves at `perSecond` for `seconds`, updated every 100 ms. */
function steady(perSecond: number, seconds: number, start = 0): ReturnType<typeof startProgress> {
  let state = startProgress({ ...task, start }, 0);
  for (let ms = 100; ms <= 1000 * seconds; ms += 100) {
    state = advance(state, start + (perSecond * ms) / 1000, ms, "loss 0.031  lr 8.1e-4");
  }
  return state;
}

test("a steady pace is reported exactly, from the first sample on", () => {
  expect(rateOf(steady(50, 0.4))).toBeCloseTo(50, 6);
  expect(rateOf(steady(50, 10))).toBeCloseTo(50, 6);
  expect(secondsLeft(steady(50, 10))).toBeCloseTo(10, 6);
});

test("the rate follows a change of pace within a few time constants", () => {
  let state = steady(50, 10);
  for (let ms = 10_100; ms <= 40_000; ms += 100) state = advance(state, state.done + 1, ms);
  expect(rateOf(state)).toBeGreaterThan(10);
  expect(rateOf(state)).toBeLessThan(12);
});

test("work done before a resume does not count towards the rate", () => {
  const state = steady(50, 2, 500);
  expect(rateOf(state)).toBeCloseTo(50, 6);
  expect(endLine(state)).toContain("(50.0 steps/s)");
});

test("nothing is promised before the first sample or when nothing moves", () => {
  expect(secondsLeft(startProgress(task, 0))).toBeUndefined();
  expect(secondsLeft(steady(0, 5))).toBeUndefined();
});

test("the bar shows share, count, rate, time left and postfix", () => {
  expect(barLine(steady(50, 10), 120, plain)).toBe(
    "train  50 % ████████████············  500/1000  50.0 steps/s  10 s left  loss 0.031  lr 8.1e-4",
  );
});

test.each([20, 40, 60, 80, 120])("a bar fits into %i columns", (columns) => {
  expect(barLine(steady(50, 10), columns, plain).length).toBeLessThanOrEqual(columns);
});

test("more done than planned, or nothing planned, still draws", () => {
  expect(barLine(advance(startProgress(task, 0), 1200, 1000), 80, plain)).toContain("100 %");
  expect(barLine(startProgress({ ...task, total: 0 }, 0), 80, plain)).toContain("  0 %");
});

test("durations read as a clock", () => {
  expect([4.2, 187, 3765].map(duration)).toEqual(["4 s", "3:07", "1:02:45"]);
});

test("slow work is given in seconds per unit", () => {
  expect(logLine(steady(0.5, 10))).toContain("2.0 s/step");
});

/** Runs `seconds` of work at 100 updates/s against a fake clock and returns what was written. */
function written(isTty: boolean, seconds: number): string[] {
  const texts: string[] = [];
  let ms = 0;
  const reporter = progressReporter({
    write: (text) => void texts.push(text),
    isTty,
    color: plain,
    columns: () => 80,
    nowMs: () => ms,
  });
  const progress = reporter.start({ ...task, total: 100 * seconds });
  for (let i = 1; i <= 100 * seconds; i++) {
    ms = 10 * i;
    progress.update(i);
    if (i === 50) reporter.note("hello");
  }
  progress.end();
  progress.end();
  return texts;
}

test("a terminal is redrawn at most ten times a second and keeps one summary line", () => {
  const texts = written(true, 3);
  expect(texts.length).toBeLessThanOrEqual(3 * 10 + 4);
  expect(texts.at(-1)).toBe("\r\u001b[Ktrain: 300 steps in 3 s (100 steps/s)\n");
  expect(texts.filter((text) => text.endsWith("\n"))).toHaveLength(2); // the note and the summary
});

test("a note clears the bar, prints, and the bar comes back", () => {
  const texts = written(true, 3);
  const note = texts.indexOf("\r\u001b[Khello\n");
  expect(texts[note + 1]).toContain("█");
});

test("a log gets few plain lines at growing intervals", () => {
  const texts = written(false, 1000);
  expect(texts.every((text) => !text.includes("\r") && text.endsWith("\n"))).toBe(true);
  expect(texts.length).toBeGreaterThan(15);
  expect(texts.length).toBeLessThan(40);
  expect(written(false, 3)).toHaveLength(3); // the note, one tenth after 2 s, the summary
});

test.each([true, false])("work that ends before its first unit leaves no summary (terminal: %s)", (isTty) => {
  let text = "";
  const reporter = progressReporter({ write: (part) => void (text += part), isTty, color: plain, columns: () => 80, nowMs: () => 0 });
  reporter.start({ ...task, start: 5 }).end();
  expect(text).not.toMatch(/\S+:/);
});
