import { expect, test } from "vitest";
import { fork, pushT } from "#world/sim";
import { taskOf } from "../tasks.ts";
import { downsample, smoothLosses } from "./downsample.ts";
import { countPerBin } from "./histogram.ts";
import { renderReport } from "./render.ts";
import { linearTicks, logScale } from "./scale.ts";
import type { MetricsRow, RunReport } from "./types.ts";

const metrics: MetricsRow[] = Array.from({ length: 20_000 }, (_, i) => ({
  step: i + 1,
  loss: Math.exp(-i / 4000) + 0.123456789,
  lr: 1e-3 * (1 - i / 20_000),
  gradNorm: 0.5,
}));

const rollouts = Array.from({ length: 50 }, (_, episode) => ({
  seed: 100_000 + episode,
  instruction: "push the T onto its goal",
  score: episode / 49,
  success: episode === 49,
  collision: false,
  failure: null,
  coverage: (0.96 * episode) / 49,
  mode: null,
  jerk: 1000,
  states: Array.from({ length: 300 }, (_, t) => [100 + t / 3, 200 - t / 7, 256.123, 250.987, 0.123456]),
}));

const report: RunReport = {
  run: "runs/a",
  task: "push-t",
  scene: pushT().scene,
  modes: [],
  rateHz: 10,
  head: "flow-mlp",
  command: "tendon train push-t --head flow",
  seed: 3,
  parameters: 5_912_066,
  trainSeconds: 187,
  stepsPerSecond: 32.1,
  config: { horizon: 16, widths: [512, 512] },
  metrics,
  evaluation: {
    told: "goal",
    episodes: 50,
    meanScore: 0.842,
    meanScoreInterval: [0.781, 0.894],
    success80: 0.74,
    success90: 0.52,
    success95: 0.3,
    successRate: 0.3,
    jerk: 81_234.5,
    jerkUnit: "px/s³",
    inferenceMsMedian: 0.91,
    inferenceMsP99: 1.43,
    execution: "receding-horizon",
    executeSteps: 8,
  },
  rollouts,
};

const html = renderReport(report);

function dataOf(page: string): RunReport {
  const json = /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(page)?.[1];
  return JSON.parse(json ?? "null");
}

test("the page needs nothing from outside", () => {
  expect(html).not.toMatch(/https?:\/\/|\ssrc=|<link|@import|url\(/);
});

test("every tag that opens, closes", () => {
  const markup = html.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, "");
  const open: string[] = [];
  const crossed: string[] = [];
  const isVoid = /^(meta|input|line|circle|path|rect)$/;
  for (const [, slash, tag = "", selfClosing] of markup.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/g)) {
    if (slash && open.pop() !== tag) crossed.push(tag);
    else if (!slash && !selfClosing && !isVoid.test(tag)) open.push(tag);
  }
  expect([open, crossed]).toEqual([[], []]);
});

test("the same report gives the same bytes", () => {
  expect(renderReport(report)).toBe(html);
});

test("the header and the key numbers are readable without the script", () => {
  for (const text of [
    "tendon train push-t --head flow",
    "5.9 M",
    "0.842",
    "95 % interval 0.781 – 0.894, 50 episodes",
    "74 %",
    "0.91 ms",
    "99th percentile 1.43 ms",
    "3 min 07 s",
    "20,000 steps",
  ]) {
    expect(html).toContain(text);
  }
});

test("every rollout has a card and its states, rounded", () => {
  expect(html.match(/<canvas /g)).toHaveLength(50);
  for (const { seed } of rollouts) expect(html).toContain(`seed ${seed}<`);
  const embedded = dataOf(html).rollouts;
  expect(embedded.map(({ states }) => states.length)).toEqual(rollouts.map(() => 300));
  expect(embedded[0]?.states[0]).toEqual([100, 200, 256.1, 251, 0.123]);
});

test("fifty rollouts of 300 ticks and a long run stay below 1.5 MB", () => {
  expect(html.length).toBeLessThan(1.5e6);
  expect(dataOf(html).metrics.length).toBeLessThanOrEqual(2000);
});

test("a string cannot close the script or open a tag", () => {
  const evil = `</script><img onerror="x">`;
  const page = renderReport({ ...report, run: evil, command: evil, config: { [evil]: evil } });
  expect(page).not.toContain("<img");
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(dataOf(page).run).toBe(evil);
});

test("a run without evaluation, metrics or rollouts still makes a page", () => {
  const page = renderReport({ ...report, evaluation: null, metrics: [], rollouts: [] });
  expect(page).toContain("not evaluated yet");
  expect(page).toContain("No rollouts were recorded.");
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test("losses that are not finite leave a gap, not a broken page", () => {
  const rows = metrics.slice(0, 100).map((row, i) => (i === 50 ? { ...row, loss: Number.NaN } : row));
  const page = renderReport({ ...report, metrics: rows });
  expect(page.replace(/<script>.*/s, "")).not.toMatch(/NaN/);
  expect(page.match(/class="line raw" d="(M[^M"]*){2}"/)).not.toBeNull();
});

test("a loss read back from JSON as null is a gap too", () => {
  const rows: MetricsRow[] = JSON.parse(`[{"step":1,"loss":1,"lr":1},{"step":2,"loss":null,"lr":1}]`);
  expect(dataOf(renderReport({ ...report, metrics: rows })).metrics).toHaveLength(2);
});

test("the script is valid JavaScript", () => {
  const script = /<script>(.*?)<\/script>/s.exec(html)?.[1] ?? "";
  expect(script.length).toBeGreaterThan(1000);
  // Parsed, never run: a page is needed for that.
  // oxlint-disable-next-line no-new-func
  expect(() => new Function(script)).not.toThrow();
});

test("downsampling keeps the ends, the spikes and the order", () => {
  const spiky = metrics.map((row, i) => (i === 7777 ? { ...row, loss: 9 } : row));
  const rows = downsample(smoothLosses(spiky), 2000);
  const steps = rows.map(({ step }) => step);
  expect(rows.length).toBeLessThanOrEqual(2000);
  expect([steps[0], steps.at(-1)]).toEqual([1, 20_000]);
  expect(Math.max(...rows.map(({ loss }) => loss))).toBe(9);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

test("a constant loss is smoothed to itself from the first row on", () => {
  const rows = smoothLosses(metrics.slice(0, 50).map((row) => ({ ...row, loss: 0.25 })));
  for (const { smoothLoss } of rows) expect(smoothLoss).toBeCloseTo(0.25, 12);
});

test.each([60, 600, 6000])("the smoothed loss of %i rows starts at the first and trails a falling loss by 2 %% of the run", (length) => {
  const rows = smoothLosses(Array.from({ length }, (_, i) => ({ step: i, loss: 1 - i / length, lr: 1 })));
  expect(rows[0]?.smoothLoss).toBe(1);
  const last = rows.at(-1);
  const lag = (last?.smoothLoss ?? NaN) - (last?.loss ?? NaN);
  expect([lag > 0.01, lag < 0.021]).toEqual([true, true]);
});

test("a short run shows its losses as they are, a long one smoothed over raw", () => {
  const short = renderReport({ ...report, metrics: metrics.slice(0, 20) });
  expect(short).toContain('class="line main"');
  expect(short).not.toContain('class="line raw"');
  expect(short).not.toContain("raw and smoothed");
  expect(html).toMatch(/class="line raw".*class="line main"/s);
});

test("the three success shares stand in one tile, in words that match what is counted", () => {
  const [tile = ""] = /<div class="tile success">.*?<\/div><\/div>/s.exec(html) ?? [];
  expect(tile.replace(/<[^>]+>/g, " ").replace(/ +/g, " ")).toContain("74 % above 0.80 52 % above 0.90 30 % above 0.95");
});

/** The fork: 20 rollouts, one of which collides; the others alternate between left and right. */
const forkReport: RunReport = {
  ...report,
  task: "fork",
  scene: fork().scene,
  modes: fork().modes,
  evaluation: {
    told: "another",
    episodes: 20,
    meanScore: 0.97,
    meanScoreInterval: [0.9, 1],
    successRate: 0.95,
    collisionRate: 0.05,
    modes: fork().modes,
    modeShares: [0.45, 0.5],
    modeEntropyBits: 0.998,
    jerk: 2.345,
    jerkUnit: "m/s³",
    inferenceMsMedian: 0.91,
    inferenceMsP99: 1.43,
    execution: "temporal-ensemble",
    executeSteps: 1,
  },
  rollouts: Array.from({ length: 20 }, (_, seed) => ({
    seed,
    instruction: "go around",
    score: seed === 0 ? 0.3 : 1,
    success: seed !== 0,
    collision: seed === 0,
    failure: null,
    coverage: null,
    mode: seed === 0 ? null : seed % 2,
    jerk: 2,
    states: [[0.012345678, -0.012345678], [1.5, 0.5]],
  })),
};

test("a task with an obstacle and two ways shows how episodes came out, the ways and their entropy, and the jerk with its unit", () => {
  const words = renderReport(forkReport).replace(/<script.*?<\/script>|<style.*?<\/style>/gs, "").replace(/<[^>]+>/g, " ").replace(/ +/g, " ");
  expect(words).toContain("episodes 95 % solved 5 % collided");
  expect(words).toContain("way taken, 1.00 bits 45 % left 50 % right");
  expect(words).toContain("jerk 2.35 m/s³");
  expect(words).toContain("a chunk every tick executed by temporal-ensemble");
  expect(words).toContain("0.300 collided seed 0");
  expect(words).toContain("1.000 solved right seed 1");
  expect(words).toContain("goal obstacle agent path of the agent");
  expect(words).not.toMatch(/coverage|undefined|NaN/);
});

test("what else a run logs has a curve of its own, in its words", () => {
  const page = renderReport({ ...report, metrics: metrics.map((row, i) => ({ ...row, flow: 0.5 + 1 / (i + 1), gain: -i, accuracy: 1 - 1 / (i + 2) })) });
  const titles = [...page.matchAll(/<h2>([^<]+)<\/h2>/g)].map(([, title]) => title);
  expect(titles.slice(0, 6)).toEqual(["Loss", "flow", "gain", "accuracy", "Learning rate", "Scores"]);
  expect(page).toMatch(/data-y-kind="log" data-hover="flow".*data-y-kind="linear" data-hover="gain".*data-y-kind="linear" data-hover="accuracy"/s);
  expect(html).not.toContain('data-hover="flow"');
});

test("where instructions differ, cards say theirs, and rollouts can be chosen by it", () => {
  const told = forkReport.rollouts.map((rollout, i) => ({ ...rollout, instruction: i % 3 === 0 ? "go left" : "go right" }));
  const page = renderReport({ ...forkReport, rollouts: told });
  expect(page).toMatch(/data-seed="0" data-groups="0 2 3 6".*?<span>go left<\/span><\/figcaption>/s);
  expect(page.match(/<option value="[67]">go (left|right)</g)).toHaveLength(2);
  expect(renderReport(forkReport).replace(/<script.*?<\/script>/gs, "")).not.toContain("go around");
});

test("what is known by its colour is drawn in it", () => {
  const { scene } = taskOf("stack").facts;
  const page = renderReport({ ...forkReport, scene });
  const [legend = ""] = /<p class="legend">.*?<\/p>/s.exec(page) ?? [];
  expect(legend.match(/class="swatch block" style="background:rgb\(\d+ \d+ \d+\)"/g)).toHaveLength(3);
  expect(dataOf(page).scene.shapes.filter(({ color }) => color !== undefined)).toHaveLength(3);
});

test("rollouts can be chosen by how they came out, and by their way", () => {
  const page = renderReport(forkReport);
  const filters = [...(/<select id="filter">(.*?)<\/select>/s.exec(page)?.[1] ?? "").matchAll(/>([^<]+)</g)].map(([, name]) => name);
  expect(filters).toEqual(["all", "solved", "not solved", "collided", "left", "right"]);
  expect(page).toContain('data-seed="0" data-groups="0 2 3"');
  expect(page).toContain('data-seed="1" data-groups="0 1 5"');
  expect(html).toContain(`data-seed="${100_000 + 49}" data-groups="0 1 2 3"`);
  expect(html).toContain(`data-seed="100000" data-groups="0 4"`);
});

test("a canvas has the proportions of what it shows, and states the digits it can show", () => {
  expect(html).toContain('<canvas width="400" height="400"');
  const page = renderReport(forkReport);
  expect(page).toContain('<canvas width="400" height="272"');
  expect(dataOf(page).rollouts[0]?.states[0]).toEqual([0.0123, -0.0123]);
});

test("scores on a bin edge belong to the bin above, and 1 to the last", () => {
  expect(countPerBin([0, 0.15, 0.95, 1])[3]).toBe(1);
  expect(countPerBin([0, 0.15, 0.95, 1]).at(-1)).toBe(2);
});

test("ticks are round numbers inside the axis", () => {
  expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(linearTicks(0, 6000, 5)).toEqual([0, 2000, 4000, 6000]);
  const scale = logScale([0.023, 1.4], [100, 0]);
  expect(scale.domain).toEqual([0.02, 2]);
  expect(scale.ticks).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]);
  expect([scale.at(0.02), scale.at(0.2), scale.at(2)].map(Math.round)).toEqual([100, 50, 0]);
});
