/** @file The picture of docs/heads, from heads trained much as in examples/10-two-ways.ts: `npx tsx --conditions=source scripts/draw-two-ways.ts`. */

import { writeFileSync } from "node:fs";
import { rng } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { loadPolicy, matchWeights } from "#policy/policies";
import { openTrainer, resolveConfig } from "#policy/training";

const OUT = "docs/images/two-ways.svg";
const [H, EPISODES, CHUNKS] = [8, 200, 14];
const PANELS = [
  { head: "mse", says: "one answer", color: "#b3433f" },
  { head: "rt1", says: "per token", color: "#b3433f" },
  { head: "gmm", says: "whole chunks", color: "#2f6fb0" },
  { head: "flow-mlp", says: "whole chunks", color: "#2f6fb0" },
];
/** px: a panel, and what is left around it. */
const PANEL = { width: 200, height: 170, gap: 12 };

const arc = (side: number, width: number) => Float32Array.from({ length: H }, (_, h) => side * width * Math.sin((Math.PI * (h + 0.5)) / H));
const random = rng(0);
const widths = Array.from({ length: EPISODES }, () => 0.6 + 0.4 * random.uniform());
const rows = {
  observations: widths.map((width) => Float32Array.from({ length: 4 * H }, (_, i) => (i % 2 === 0 ? width : (i - 1) / 4 / H))),
  // Straight on behind the arc, so that no chunk of the arc is padded.
  actions: widths.map((width, i) => Float32Array.of(...arc(i % 2 === 0 ? 1 : -1, width), ...Array<number>(H).fill(0))),
  obsSize: 2,
  actionSize: 1,
};

/** Chunks of a head, trained for a moment, all for the same observation. */
async function chunksOf(head: string): Promise<Float32Array[]> {
  const sizes = { horizon: H, executeSteps: H, obsSteps: 1, width: 128, blocks: 2, steps: 600, batch: 64, mirror: false };
  const config = resolveConfig("smoke", { head, ...sizes, learningRate: 3e-3, emaDecay: 0.98 });
  await using trainer = await openTrainer({ config, rows, openSession });
  while (trainer.step < config.steps) await trainer.advance();
  const { network, normalizers } = trainer;
  await using policy = loadPolicy({ network, normalizers, weights: matchWeights(network, trainer.state(), "ema/", head) }, openSession);
  const sampler = await policy.sampler(CHUNKS);
  sampler.observation.forEach((_, i, all) => (all[i] = i % 2 === 0 ? 0.8 : 0));
  rng(1).fillNormal(sampler.noise);
  await sampler.run();
  return Array.from({ length: CHUNKS }, (_, b) => sampler.chunk.slice(b * H, (b + 1) * H));
}

/** From left to right over the steps, the first answer (+) upwards. */
function line(values: ArrayLike<number>, style: string): string {
  const points = Array.from({ length: H }, (_, h) => {
    const x = ((h + 0.5) / H) * PANEL.width;
    return `${x.toFixed(1)},${(PANEL.height * (0.42 - 0.36 * (values[h] ?? 0))).toFixed(1)}`;
  });
  return `<polyline points="${points.join(" ")}" fill="none" ${style}/>`;
}

const panels: string[] = [];
for (const [i, { head, says, color }] of PANELS.entries()) {
  const demonstrations = [1, -1].map((side) => line(arc(side, 0.8), `stroke="#d8d4cc" stroke-width="9" stroke-linecap="round"`));
  const chunks = (await chunksOf(head)).map((chunk) => line(chunk, `stroke="${color}" stroke-width="1.6" opacity="0.55"`));
  const obstacle = `<circle cx="${PANEL.width / 2}" cy="${PANEL.height * 0.42}" r="15" fill="#b9aea3"/>`;
  const text = `<text x="${PANEL.width / 2}" y="${PANEL.height - 10}" text-anchor="middle"><tspan font-weight="600">${head}</tspan> · ${says}</text>`;
  const x = PANEL.gap + i * (PANEL.width + PANEL.gap);
  panels.push(
    `<g transform="translate(${x},${PANEL.gap})"><rect width="${PANEL.width}" height="${PANEL.height}" rx="6" fill="#fff" stroke="#e4e1da"/>` +
      `${demonstrations.join("")}${obstacle}${chunks.join("")}${text}</g>`,
  );
}
const [width, height] = [PANEL.gap + PANELS.length * (PANEL.width + PANEL.gap), PANEL.height + 2 * PANEL.gap];
const svg =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="14" fill="#333">` +
  `<title>Chunks that four heads draw where demonstrations pass an obstacle on either side</title>` +
  `<rect width="100%" height="100%" fill="#fbfbfa"/>${panels.join("")}</svg>\n`;
writeFileSync(OUT, svg);
console.log(`${OUT}: ${Math.round(svg.length / 1000)} kB`);
