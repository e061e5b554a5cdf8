/** @file How often the arm's scripted experts succeed, over 100 seeds each, and how fast, with images and without: `npm run bench -- experts`. */

import { taskOf } from "#policy/training";
import { drawDemonstration } from "#policy/training/node";
import { ARM_TASKS, demonstrateArm, makeEnvironment, type Environment } from "#world/sim";
import { rounded, type Benchmark, type BenchmarkResult } from "./benchmark.ts";

const SEEDS = 100;
/** Episodes of which images are made, too, of every camera and as a dataset has them: PNG. */
const IMAGE_SEEDS = 10;
const IMAGES = { size: 96, depth: false } as const;
/** Share of episodes an expert must solve. */
const TARGET = 0.95;

interface ExpertResult {
  readonly task: string;
  readonly success: number;
  readonly brokenSimulations: number;
  /** Mean length, ticks at 20 Hz. */
  readonly ticks: number;
  readonly modes: Readonly<Record<string, number>>;
  readonly episodesPerSecond: number;
  readonly withImages: ImageResult;
  readonly target: number;
}

/** Of the same few episodes, played and drawn in turns. */
interface ImageResult {
  readonly cameras: readonly string[];
  readonly episodesPerSecond: number;
  readonly episodesPerSecondWithout: number;
  /** Time of an episode with images in those of one without. */
  readonly ratio: number;
  readonly imagesPerSecond: number;
}

export const expertsBenchmark: Benchmark = {
  name: "experts",
  summary: `the arm's scripted experts: success over ${SEEDS} seeds, and episodes per second on one core, also with images`,
  async run() {
    const results: ExpertResult[] = [];
    for (const { name } of ARM_TASKS) results.push(await measure(name));
    return summarize(results);
  },
};

async function measure(task: string): Promise<ExpertResult> {
  const environment = await makeEnvironment(task);
  const start = performance.now();
  const shown = Array.from({ length: SEEDS }, (_, seed) => demonstrateArm(environment, seed));
  const seconds = (performance.now() - start) / 1000;
  const withImages = measureImages(environment, task);
  environment.close();
  return {
    task,
    success: shown.filter(({ success }) => success).length / SEEDS,
    brokenSimulations: shown.filter(({ failure }) => failure !== null).length,
    ticks: shown.reduce((sum, { length }) => sum + length, 0) / SEEDS,
    modes: Object.fromEntries(environment.modes.map((name, mode) => [name, shown.filter((each) => each.mode === mode).length])),
    episodesPerSecond: rounded(SEEDS / seconds),
    withImages,
    target: TARGET,
  };
}

function measureImages(environment: Environment, task: string): ImageResult {
  const eyes = taskOf(task).cameras?.(IMAGES);
  if (eyes === undefined) throw new Error(`experts: task ${task} has no cameras`);
  const cameras = Object.keys(eyes.cameras);
  drawDemonstration(eyes, demonstrateArm(environment, 0), IMAGES);
  let [playedMs, drawnMs, images] = [0, 0, 0];
  for (let seed = 0; seed < IMAGE_SEEDS; seed++) {
    const start = performance.now();
    const demonstration = demonstrateArm(environment, seed);
    const played = performance.now();
    drawDemonstration(eyes, demonstration, IMAGES);
    playedMs += played - start;
    drawnMs += performance.now() - played;
    images += demonstration.length * cameras.length;
  }
  return {
    cameras,
    episodesPerSecond: rounded((1000 * IMAGE_SEEDS) / (playedMs + drawnMs)),
    episodesPerSecondWithout: rounded((1000 * IMAGE_SEEDS) / playedMs),
    ratio: rounded((playedMs + drawnMs) / playedMs),
    imagesPerSecond: rounded((1000 * images) / drawnMs),
  };
}

function summarize(results: readonly ExpertResult[]): BenchmarkResult {
  const lines = results.map(({ task, success, brokenSimulations, ticks, modes, episodesPerSecond }) => {
    const ways = Object.entries(modes).map(([name, count]) => `${name} ${count}`);
    const broken = brokenSimulations === 0 ? "" : `, ${brokenSimulations} broken simulations`;
    return `${task.padEnd(12)}${(100 * success).toFixed(0).padStart(3)} %  ${ticks.toFixed(0).padStart(4)} ticks  ${episodesPerSecond.toFixed(1).padStart(5)} episodes/s  ${ways.join(", ")}${broken}`;
  });
  const seen = results.map(({ task, withImages: { cameras, episodesPerSecond, episodesPerSecondWithout, ratio, imagesPerSecond } }) => {
    const [width, views] = [IMAGES.size, cameras.join(" and ")];
    const times = `${ratio.toFixed(1)} times as long as the ${episodesPerSecondWithout.toFixed(1)} without`;
    return `${task.padEnd(12)}with ${views} images of ${width}×${width}: ${episodesPerSecond.toFixed(1).padStart(5)} episodes/s, ${times}; ${Math.round(imagesPerSecond)} images/s`;
  });
  return {
    json: { name: "experts", seeds: SEEDS, images: { ...IMAGES, seeds: IMAGE_SEEDS }, results },
    lines: [...lines, `asked for: ${100 * TARGET} % over ${SEEDS} seeds`, "", ...seen],
  };
}
