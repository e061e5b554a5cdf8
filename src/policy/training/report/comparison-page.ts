/** @file A comparison of heads as one page that needs nothing else. */

import type { Environment } from "#world/sim";
import type { ComparedHead, HeadResult } from "../comparison.ts";
import { percent, percents } from "../percent.ts";
import { escapeHtml, htmlPage } from "./html.ts";
import { sceneSvg } from "./scene-svg.ts";
import { STYLE } from "./style.ts";

export interface ComparisonPage {
  readonly task: string;
  /** The command line that made it. */
  readonly command: string;
  /** Wall time of training per head, s. */
  readonly budgetSeconds: number;
  readonly scene: Environment["scene"];
  /** Names of the ways to solve the task; empty where there are none to tell apart. */
  readonly modes: readonly string[];
  readonly heads: readonly ComparedHead[];
}

/** The text of `compare.html`. Pure: the same page gives the same bytes. */
export function renderComparison(page: ComparisonPage): string {
  const title = escapeHtml(`${page.task}: ${page.heads.length} heads side by side`);
  const episodes = page.heads[0]?.result.episodes ?? 0;
  const main = `<div class="title"><h1>${title}</h1></div>
<p class="facts"><span>${page.budgetSeconds} s of training each</span><span>${episodes} episodes each, the same for all</span></p>
<pre class="command">${escapeHtml(page.command)}</pre>
<section class="panel"><h2>Numbers</h2>${numbers(page)}</section>
<section class="panel"><h2>Rollouts</h2><div class="heads">${page.heads.map((head) => card(page, head)).join("")}</div>${legend(page)}</section>`;
  return htmlPage({ title, style: STYLE + COMPARISON_STYLE, main });
}

type Column = readonly [name: string, cell: (result: HeadResult) => string];

function numbers({ heads, modes }: ComparisonPage): string {
  const slowest = Math.max(...heads.map(({ result }) => result.inferenceMsMedian));
  const ways: readonly Column[] = [[modes.map(escapeHtml).join(" / "), ({ modeShares }) => percents(modeShares).join(" / ")]];
  const columns: readonly Column[] = [
    ["head", ({ head }) => `<b>${escapeHtml(head)}</b>`],
    ["solved", ({ success }) => bar(success, percent(success))],
    ["score, 95 % interval", ({ score, scoreInterval: [low, high] }) => `${score.toFixed(3)} <i>${low.toFixed(3)} to ${high.toFixed(3)}</i>`],
    ...(modes.length === 0 ? [] : ways),
    [`jerk, ${escapeHtml(heads[0]?.result.jerkUnit ?? "")}`, ({ jerk }) => (jerk === null ? "–" : jerk.toPrecision(3))],
    ["ms per chunk, median", ({ inferenceMsMedian: ms }) => bar(ms / slowest, ms.toFixed(2))],
    ["99th percentile", ({ inferenceMsP99 }) => inferenceMsP99.toFixed(2)],
    ["parameters", ({ parameters }) => parameters.toLocaleString("en-US")],
    ["steps", ({ steps }) => steps.toLocaleString("en-US")],
    ["steps/s", ({ stepsPerSecond }) => stepsPerSecond.toPrecision(3)],
  ];
  const head = columns.map(([name]) => `<th>${name}</th>`).join("");
  const rows = heads.map(({ result }) => `<tr>${columns.map(([, cell]) => `<td>${cell(result)}</td>`).join("")}</tr>`);
  return `<div class="wide"><table class="numbers"><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function card({ scene }: ComparisonPage, { result, rollouts }: ComparedHead): string {
  const name = escapeHtml(result.head);
  return (
    `<figure class="head">${sceneSvg(scene, rollouts, `rollouts of ${name}`)}` +
    `<figcaption><b>${name}</b><span>${percent(result.success)} solved</span><span>score ${result.score.toFixed(3)}</span></figcaption></figure>`
  );
}

function legend({ modes }: ComparisonPage): string {
  const sides = modes.map((name, i) => `<span class="swatch mode${i}"></span> ${escapeHtml(name)}`).join(" ");
  const colours = modes.length === 0 ? `<span class="swatch solvedway"></span> solved` : sides;
  return `<p class="legend">Ways of the robot over all episodes: ${colours}; dashed: not solved. What moves is drawn where it ended.</p>`;
}

/** A share of the cell, with the number on it. */
function bar(share: number, text: string): string {
  return `<span class="meter" style="--share:${(100 * Math.min(1, share)).toFixed(1)}%">${text}</span>`;
}

const COMPARISON_STYLE = `
.command { margin-bottom: 12px; }
.wide { overflow-x: auto; }
table.numbers th, table.numbers td { width: auto; white-space: nowrap; font-variant-numeric: tabular-nums; }
.meter { display: block; min-width: 72px; padding: 0 6px;
  background: linear-gradient(90deg, color-mix(in srgb, var(--accent) 26%, transparent) var(--share), transparent var(--share)); }
.heads { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 18px; }
.head { margin: 0; min-width: 0; }
.scene { display: block; width: 100%; height: auto; background: var(--scene); border: 1px solid var(--rule); border-radius: 8px; }
.shape.goal { fill: var(--goal); stroke: var(--goal-edge); background: none; }
.shape.obstacle { fill: var(--past); stroke: var(--soft); }
.shape.block { fill: var(--block); fill-opacity: 0.04; stroke: var(--block); stroke-opacity: 0.35; background: none; }
.way { fill: none; stroke: var(--accent); stroke-width: 1; stroke-opacity: 0.45; stroke-linejoin: round; }
.way.failed { stroke: var(--poor); stroke-dasharray: 4 3; }
.way.mode0 { stroke: var(--accent); } .way.mode1 { stroke: var(--fair); }
.swatch.mode0, .swatch.solvedway { background: var(--accent); } .swatch.mode1 { background: var(--fair); }
`;
