/** @file Kinematics on one core, and training windows made of it: `npm run bench -- kinematics`. */

import { rng } from "#engine/array";
import {
  chainKinematics, forwardKinematics, generateMotion, inverseKinematics, PANDA, PANDA_READY, randomPosture, TOOL_POSE_SIZE,
} from "#world/kinematics";
import { chunkSampler } from "#world/data";
import { median, rounded, type Benchmark } from "./benchmark.ts";

const HORIZON = 16;
const REPEATS = 9;
const POSTURES = 20_000;
const TARGETS = 300;
const [EPISODES, TICKS] = [100, 200] as const;

/** Each contender does a fixed amount of work and says how much. */
const CONTENDERS: Readonly<Record<string, { readonly count: number; make(): () => void }>> = {
  forwardKinematics: { count: POSTURES, make: forward },
  jacobians: { count: POSTURES, make: jacobians },
  inverseKinematics: { count: TARGETS, make: inverse },
  windows: { count: EPISODES * TICKS, make: () => windows },
};

export const kinematicsBenchmark: Benchmark = {
  name: "kinematics",
  summary: "forward and inverse kinematics, and training windows generated, per second on one core",
  run() {
    const runs = Object.entries(CONTENDERS).map(([name, { count, make }]) => ({ name, count, run: make(), times: [] as number[] }));
    for (let repeat = -2; repeat < REPEATS; repeat++) {
      for (const { run, times } of runs) {
        const start = performance.now();
        run();
        if (repeat >= 0) times.push(performance.now() - start);
      }
    }
    const perSecond = Object.fromEntries(runs.map(({ name, count, times }) => [name, rounded((1000 * count) / median(times))]));
    return Promise.resolve({
      json: { name: "kinematics", perSecond, asked: { windows: 100_000 } },
      lines: Object.entries(perSecond).map(([name, rate]) => `${name.padEnd(20)}${Math.round(rate).toLocaleString("en")} a second`),
    });
  },
};

function postures(count: number): Float64Array[] {
  const random = rng(0, "bench", "postures");
  return Array.from({ length: count }, () => randomPosture(PANDA, random));
}

function forward(): () => void {
  const [kinematics, all] = [chainKinematics(PANDA), postures(POSTURES)];
  return () => all.forEach((q) => kinematics.update(q));
}

function jacobians(): () => void {
  const [kinematics, all, out] = [chainKinematics(PANDA), postures(POSTURES), new Float64Array(42)];
  return () => {
    for (const q of all) {
      kinematics.update(q);
      kinematics.jacobian(out);
    }
  };
}

/** To 1e-6 m and rad, from the ready posture. */
function inverse(): () => void {
  const ik = inverseKinematics(PANDA);
  const targets = postures(TARGETS).map((q) => forwardKinematics(PANDA, q));
  return () => targets.forEach((target) => ik.closest(target, PANDA_READY));
}

/** Draw the motion, and cut a window of H rows at every tick of it, condition and target. */
function windows(): void {
  const motions = generateMotion({ episodes: EPISODES, ticks: TICKS, seed: 0 });
  const obsSize = PANDA.joints.length;
  const source = { observations: motions.map(({ joints }) => joints), actions: motions.map(({ poses }) => poses), obsSize, actionSize: TOOL_POSE_SIZE };
  const sampler = chunkSampler(source, { obsSteps: 1, horizon: HORIZON });
  const all = Int32Array.from({ length: sampler.index.windows }, (_, i) => i);
  const count = all.length;
  sampler.fill(all, new Float32Array(count * obsSize), new Float32Array(count * HORIZON * TOOL_POSE_SIZE), new Uint8Array(count * HORIZON));
}
