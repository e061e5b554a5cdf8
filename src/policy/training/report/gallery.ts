/** @file The wall of rollouts: one card each, drawn and played by the script in `player.ts`. */

import type { Scene, SceneRole } from "#world/sim";
import { escapeHtml } from "./html.ts";
import type { RolloutRecord, RunReport } from "./types.ts";

/** What a gallery needs of a report. */
export type GalleryContent = Pick<RunReport, "rollouts" | "scene" | "modes" | "rateHz">;

const CANVAS_WIDTH = 400;
/** Below this score a card is marked; coverage 0.80 of Push-T, whose full score is at 0.95. */
const FAIR_SCORE = 0.8 / 0.95;

export function gallery(content: GalleryContent): string {
  const { rollouts, scene } = content;
  if (rollouts.length === 0) return `<p class="empty">No rollouts were recorded.</p>`;
  const instructions = instructionsOf(rollouts);
  const groups = groupsOf(content, instructions);
  const cards = rollouts.map((rollout, index) => card(rollout, { index, groups, instructions, content })).join("");
  return `${toolbar(content, groups)}<div class="rollouts" id="rollouts">${cards}</div>${legend(scene, content.rateHz)}`;
}

/** A choice of rollouts to show. */
interface Group {
  readonly name: string;
  holds(rollout: RolloutRecord): boolean;
}

/** By coverage where the task measures it, else by how the episode came out; by the way it took; and by what was to be done. */
function groupsOf({ rollouts, scene, modes }: GalleryContent, instructions: readonly string[]): Group[] {
  const hasCoverage = rollouts.every(({ coverage }) => coverage !== null);
  const hasObstacle = scene.shapes.some(({ role }) => role === "obstacle");
  return [
    { name: "all", holds: () => true },
    ...(hasCoverage ? COVERAGE_GROUPS : OUTCOME_GROUPS),
    ...(hasObstacle ? [{ name: "collided", holds: ({ collision }: RolloutRecord) => collision }] : []),
    ...modes.map((name, index) => ({ name, holds: ({ mode }: RolloutRecord) => mode === index })),
    ...instructions.map((name) => ({ name, holds: ({ instruction }: RolloutRecord) => instruction === name })),
  ];
}

/** What was to be done, where that differs between rollouts; else none. */
function instructionsOf(rollouts: readonly RolloutRecord[]): string[] {
  const all = [...new Set(rollouts.map(({ instruction }) => instruction))].sort();
  return all.length === 1 ? [] : all;
}

const COVERAGE_GROUPS: readonly Group[] = [
  ...[0.95, 0.9, 0.8].map((bound) => ({
    name: `coverage ≥ ${bound.toFixed(2)}`,
    holds: ({ coverage }: RolloutRecord) => (coverage ?? 0) >= bound,
  })),
  { name: "coverage below 0.80", holds: ({ coverage }) => (coverage ?? 0) < 0.8 },
];

const OUTCOME_GROUPS: readonly Group[] = [
  { name: "solved", holds: ({ success }) => success },
  { name: "not solved", holds: ({ success }) => !success },
];

interface CardContext {
  readonly index: number;
  readonly groups: readonly Group[];
  readonly instructions: readonly string[];
  readonly content: GalleryContent;
}

function card(rollout: RolloutRecord, { index, groups, instructions, content }: CardContext): string {
  const { seed, score, states } = rollout;
  const last = Math.max(0, states.length - 1);
  const quality = score >= 1 ? "full" : score >= FAIR_SCORE ? "fair" : "poor";
  const member = groups.flatMap((group, place) => (group.holds(rollout) ? [place] : [])).join(" ");
  const instruction = instructions.filter((one) => one === rollout.instruction);
  const facts = [...factsOf(rollout, content.modes), ...instruction].map((fact) => `<span>${escapeHtml(fact)}</span>`);
  return (
    `<figure class="rollout" data-index="${index}" data-score="${score}" data-seed="${seed}" data-groups="${member}">` +
    `<canvas width="${CANVAS_WIDTH}" height="${canvasHeight(content.scene)}" tabindex="0" role="button" aria-label="Play or pause the rollout of seed ${seed}"></canvas>` +
    `<div class="time"><input type="range" min="0" max="${last}" value="${last}" aria-label="Tick of seed ${seed}"><output>${last}</output></div>` +
    `<figcaption><b class="${quality}">${score.toFixed(3)}</b>${facts.join("")}</figcaption></figure>`
  );
}

function canvasHeight({ view }: Scene): number {
  return Math.round((CANVAS_WIDTH * Math.abs(view.bottom - view.top)) / Math.abs(view.right - view.left));
}

function factsOf({ seed, coverage, success, collision, mode }: RolloutRecord, modes: readonly string[]): string[] {
  const outcome = success ? "solved" : collision ? "collided" : "not solved";
  const way = mode === null ? [] : [modes[mode] ?? ""];
  return [coverage === null ? outcome : `coverage ${coverage.toFixed(2)}`, ...way, `seed ${seed}`];
}

function toolbar({ rateHz }: GalleryContent, groups: readonly Group[]): string {
  const speeds = [1, 4, 16].map(
    (factor) => `<option value="${factor * rateHz}"${factor === 4 ? " selected" : ""}>${factor}×</option>`,
  );
  const filters = groups.map(({ name }, place) => `<option value="${place}">${escapeHtml(name)}</option>`);
  return (
    `<div class="toolbar"><button type="button" id="play-all" aria-pressed="false">Play all</button>` +
    `<label>speed <select id="speed" title="1× is real time: ${rateHz} ticks a second">${speeds.join("")}</select></label>` +
    `<label>order <select id="order"><option value="seed">by seed</option>` +
    `<option value="worst">worst first</option><option value="best">best first</option></select></label>` +
    `<label>show <select id="filter">${filters.join("")}</select></label><span id="shown"></span></div>`
  );
}

function legend({ shapes }: Scene, rateHz: number): string {
  const roles = [...new Set(shapes.map(({ role }) => role))];
  const swatches = roles.map((role) => `${looksOf(role, shapes).map((look) => `<span class="swatch ${role}"${look}></span>`).join("")} ${role} `);
  return (
    `<p class="legend">${swatches.join("")}<span class="swatch path"></span> path of the agent, from start to end. ` +
    `Large numbers are scores: the largest reward of the episode, 0 to 1. ` +
    `Click a scene to play it; the slider counts ticks of ${Number((1 / rateHz).toPrecision(3))} s.</p>`
  );
}

/** Attributes of a role's swatches: one for each colour that its shapes have. */
function looksOf(role: SceneRole, shapes: Scene["shapes"]): string[] {
  const colors = new Set(shapes.filter((shape) => shape.role === role).map(({ color }) => color));
  return [...colors].map((color) => (color === undefined ? "" : ` style="background:${color}"`));
}
