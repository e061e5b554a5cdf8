/** @file Where demonstrations go left or right, which heads do so too, and which drive between? `npx tsx examples/10-two-ways.ts [head…]` */

import { rng } from "tendon/array";
import { headKind, loadPolicy, matchWeights } from "tendon/policies";
import { openSession } from "tendon/runtime/node";
import { openTrainer, resolveConfig } from "tendon/training";

const [H, EPISODES, CHUNKS] = [8, 200, 100];
const HEADS = ["mse", "rt1", "gmm", "openvla", "diffusion-mlp", "flow-mlp", "one-step"];
const heads = process.argv.length > 2 ? process.argv.slice(2) : HEADS;

// An arc around something in the way, to the left (+) or to the right (-). Nothing that is observed says which.
const arc = (side: number, width: number) => Float32Array.from({ length: H }, (_, h) => side * width * Math.sin((Math.PI * (h + 0.5)) / H));
const random = rng(0);
const widths = Array.from({ length: EPISODES }, () => 0.6 + 0.4 * random.uniform());
const rows = {
  // How far to keep away, and how much of the way is done.
  observations: widths.map((width) => Float32Array.from({ length: 2 * H }, (_, i) => (i % 2 === 0 ? width : (i - 1) / 2 / H))),
  actions: widths.map((width, i) => arc(i % 2 === 0 ? 1 : -1, width)),
  obsSize: 2,
  actionSize: 1,
};

console.log("head           decides     left  right  neither");
for (const head of heads) {
  const { modes, calls } = headKind(head);
  const width = calls === "per token" ? 32 : 96; // a network that runs once per token
  const sizes = { horizon: H, executeSteps: H, obsSteps: 1, width, blocks: 2, steps: 400, batch: 64, mirror: false };
  const config = resolveConfig("smoke", { head, ...sizes, learningRate: 3e-3, emaDecay: 0.98 });
  await using trainer = await openTrainer({ config, rows, openSession });
  while (trainer.step < config.steps) await trainer.advance();

  const { network, normalizers } = trainer;
  await using policy = loadPolicy({ network, normalizers, weights: matchWeights(network, trainer.state(), "ema/", head) }, openSession);
  const sampler = await policy.sampler(CHUNKS);
  sampler.observation.forEach((_, i, all) => (all[i] = i % 2 === 0 ? 0.8 : 0));
  rng(1).fillNormal(sampler.noise);
  await sampler.run();

  // A chunk has taken a way when it keeps at least half as far away as shown, in every step.
  const shown = arc(1, 0.8);
  const takes = (side: number) => (b: number): boolean => shown.every((y, h) => side * (sampler.chunk[b * H + h] ?? 0) > y / 2);
  const indices = Array.from({ length: CHUNKS }, (_, b) => b);
  const [left, right] = [1, -1].map((side) => indices.filter(takes(side)).length / CHUNKS) as [number, number];
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`.padStart(7);
  console.log(`${head.padEnd(15)}${modes.padEnd(9)}${percent(left)}${percent(right)}${percent(Math.abs(1 - left - right)).padStart(9)}`);
}
