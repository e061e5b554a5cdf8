/** @file The picture of docs/fork.md, from the demonstrations themselves: `npx tsx --conditions=source scripts/draw-fork.ts`. */

import { writeFileSync } from "node:fs";
import { FORK_GOAL, FORK_OBSTACLE, forkDemonstrations, type Disc, type ForkDemonstration } from "#world/sim";

const OUT = "docs/images/fork.svg";
/** px per m. */
const SCALE = 300;
const VIEW = { left: -0.1, right: 2.25, top: 0.68, bottom: -0.68 };
const SIDES = ["#2f6fb0", "#b3633f"];
/** The tick at which a policy that executes eight steps looks for the third time. */
const LATE = 16;

const at = (x: number, y: number): string => `${((x - VIEW.left) * SCALE).toFixed(1)},${((VIEW.top - y) * SCALE).toFixed(1)}`;
const line = (points: readonly string[], style: string): string => `<polyline points="${points.join(" ")}" fill="none" ${style}/>`;
const label = (x: number, y: number, text: string): string => {
  const [px = "", py = ""] = at(x, y).split(",");
  return `<text x="${px}" y="${py}" text-anchor="middle">${text}</text>`;
};

function disc({ x, y, radius }: Disc, fill: string): string {
  const [cx = "", cy = ""] = at(x, y).split(",");
  return `<circle cx="${cx}" cy="${cy}" r="${radius * SCALE}" fill="${fill}"/>`;
}

function places({ states }: ForkDemonstration): [number, number][] {
  return Array.from({ length: states.length / 2 }, (_, t) => [states[2 * t] ?? 0, states[2 * t + 1] ?? 0]);
}

/** Straight on until the late tick, then the expert's motion from there, up to the obstacle. */
function late(demonstration: ForkDemonstration): string[] {
  const way = places(demonstration);
  const missed = (way[LATE]?.[1] ?? 0) - (way[0]?.[1] ?? 0);
  const moved = way.map(([x, y], t): [number, number] => [x, t < LATE ? (way[0]?.[1] ?? 0) : y - missed]);
  const hit = moved.findIndex(([x, y]) => Math.hypot(x - FORK_OBSTACLE.x, y - FORK_OBSTACLE.y) < FORK_OBSTACLE.radius);
  return moved.slice(0, hit + 1).map(([x, y]) => at(x, y));
}

const demonstrations = forkDemonstrations({ episodes: 60, seed: 0 });
const ways = demonstrations.map((demonstration) =>
  line(places(demonstration).map(([x, y]) => at(x, y)), `stroke="${SIDES[demonstration.path.mode]}" stroke-width="1" opacity="0.6"`),
);
const lateWays = demonstrations.slice(0, 2).map((demonstration) => line(late(demonstration), `stroke="#555" stroke-width="2" stroke-dasharray="5 4"`));
const bar = line([at(0, -0.6), at(0.5, -0.6)], `stroke="#555" stroke-width="2"`);
const [width, height] = [(VIEW.right - VIEW.left) * SCALE, (VIEW.top - VIEW.bottom) * SCALE];
const svg =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" font-family="sans-serif" font-size="15">` +
  `<rect width="100%" height="100%" fill="#fbfbfa"/>${disc(FORK_GOAL, "#cfe8d3")}${disc(FORK_OBSTACLE, "#b9aea3")}` +
  `${ways.join("")}${lateWays.join("")}${bar}<g fill="#333">${label(0.25, -0.57, "0.5 m")}${label(FORK_GOAL.x, -0.01, "goal")}` +
  `${label(FORK_OBSTACLE.x + 0.08, -0.01, "obstacle")}${label(0.75, 0.5, "left")}${label(0.75, -0.52, "right")}</g></svg>\n`;
writeFileSync(OUT, svg);
console.log(`${OUT}: ${Math.round(svg.length / 1000)} kB`);
