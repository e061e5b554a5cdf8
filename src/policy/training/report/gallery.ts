/** @file The wall of rollouts: one card each, drawn and played by the script in `player.ts`. */

import type { RolloutRecord } from "./types.ts";

/** Score is maximum coverage / 0.95, at most 1 (diffusion_policy `pusht_env.py`, success threshold 0.95). */
const FULL_SCORE_COVERAGE = 0.95;

export function gallery(rollouts: readonly RolloutRecord[]): string {
  if (rollouts.length === 0) return `<p class="empty">No rollouts were recorded.</p>`;
  const cards = rollouts.map((rollout, index) => card(rollout, index)).join("");
  return `${TOOLBAR}<div class="rollouts" id="rollouts">${cards}</div>${LEGEND}`;
}

/** "≥ 0.95" where the score is capped. */
export function coverageText(score: number): string {
  return score >= 1 ? "≥ 0.95" : (score * FULL_SCORE_COVERAGE).toFixed(2);
}

function card({ seed, score, states }: RolloutRecord, index: number): string {
  const last = Math.max(0, states.length - 1);
  const quality = score >= 1 ? "full" : score >= 0.8 / FULL_SCORE_COVERAGE ? "fair" : "poor";
  return (
    `<figure class="rollout" data-index="${index}" data-score="${score}" data-seed="${seed}">` +
    `<canvas width="400" height="400" tabindex="0" role="button" aria-label="Play or pause the rollout of seed ${seed}"></canvas>` +
    `<div class="time"><input type="range" min="0" max="${last}" value="${last}" aria-label="Tick of seed ${seed}"><output>${last}</output></div>` +
    `<figcaption><b class="${quality}">${score.toFixed(3)}</b>` +
    `<span>coverage ${coverageText(score)}</span><span>seed ${seed}</span></figcaption></figure>`
  );
}

const TOOLBAR =
  `<div class="toolbar"><button type="button" id="play-all" aria-pressed="false">Play all</button>` +
  `<label>speed <select id="speed" title="1× is real time: 10 ticks a second">` +
  `<option value="10">1×</option><option value="40" selected>4×</option><option value="160">16×</option></select></label>` +
  `<label>order <select id="order"><option value="seed">by seed</option>` +
  `<option value="worst">worst first</option><option value="best">best first</option></select></label>` +
  `<label>show <select id="filter"><option value="all">all</option>` +
  `<option value="0.95">coverage ≥ 0.95</option><option value="0.9">coverage ≥ 0.90</option>` +
  `<option value="0.8">coverage ≥ 0.80</option><option value="-0.8">coverage below 0.80</option></select></label>` +
  `<span id="shown"></span></div>`;

const LEGEND =
  `<p class="legend"><span class="swatch goal"></span> goal <span class="swatch block"></span> block ` +
  `<span class="swatch agent"></span> agent <span class="swatch path"></span> path of the agent, from start to end. ` +
  `Large numbers are scores: maximum coverage / 0.95, at most 1. Click a scene to play it; the slider counts ticks of 0.1 s.</p>`;
