/** @file Every example runs as a user runs it, against the built package, and prints what it promises. */

import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const TIMEOUT_MS = 240_000;
const run = promisify(execFile);

async function node(...words: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, words, { timeout: TIMEOUT_MS });
  return stdout;
}

const example = (name: string, ...words: string[]): Promise<string> => node("--import", "tsx", `examples/${name}.ts`, ...words);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("01 prints the graph, its loss and a gradient that a hand calculation confirms", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("01-gradients");
  expect(out).toContain("t0: f32[2, 1] = gemm x w");
  // Rows give tanh(-0.2) and tanh(-0.35), targets 0.5 and -0.5; the loss is the mean of the squares.
  const [a, b] = [Math.tanh(-0.2), Math.tanh(-0.35)];
  const [da, db] = [(a - 0.5) * (1 - a * a), (b + 0.5) * (1 - b * b)];
  expect(out).toContain(`loss = ${(((a - 0.5) ** 2 + (b + 0.5) ** 2) / 2).toFixed(6)}`);
  expect(out).toContain(`dw = ${[da + 0.5 * db, 2 * db, -da].map((v) => v.toFixed(6)).join(", ")}`);
});

test("02 learns to pass on one side or the other, never between", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("02-train-a-head");
  expect(out.match(/^step \d+: loss 0\.\d+$/gm)).toHaveLength(3);
  const middles = [...out.matchAll(/^chunk \d: (.*)$/gm)].map(([, values = ""]) => Number(values.split(" ")[3]));
  expect(middles).toHaveLength(6);
  // The demonstrations reach 0.8·sin(7π/16) = ±0.785 there; their average is 0.
  for (const middle of middles) expect(Math.abs(Math.abs(middle) - 0.785)).toBeLessThan(0.2);
  expect(new Set(middles.map(Math.sign))).toEqual(new Set([-1, 1]));
});

test("03 rolls out one episode of a run", { timeout: TIMEOUT_MS }, async () => {
  const dir = join(folder, "smoke");
  await node("bin/tendon.js", "train", "push-t", "--preset", "smoke", "--out", dir);
  const out = await example("03-push-t", dir, "100001");
  expect(out).toMatch(/^seed 100001: score [01]\.\d{3} after \d+ ticks \(\d+\.\d s\)\n$/);
  expect(await example("03-push-t", dir, "100001")).toBe(out);
});

test("04 describes the demonstrations and cuts a batch out of them", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("04-read-a-dataset");
  expect(out).toContain("push-t: 206 episodes, 25650 frames at 10 Hz");
  expect(out).toContain("agent_x 13.5 to 496.1");
  expect(out).toMatch(/^25650 windows/m);
});

test("05 emits a head that runs", { timeout: TIMEOUT_MS }, async () => {
  expect(await example("05-head-to-onnx")).toMatch(/^\d+ bytes in, chunk of 1 × 16 × 2 out\n$/);
});

test("06 differentiates an op of its own", { timeout: TIMEOUT_MS }, async () => {
  expect(await example("06-define-an-op")).toBe("y  = -0.5, 0, 0.75\ndx = 0.25, 1, 0.0625\n");
});

test("07 prints the ceiling that docs/push-t.md quotes", { timeout: TIMEOUT_MS }, async () => {
  expect(await example("07-how-good-are-the-demonstrations")).toBe(
    "played: coverage 0.861 to 0.966, median 0.897; mean score 0.947; above 0.95 in 7 of 206\n" +
      "held: coverage 0.861 to 0.986, median 0.927; mean score 0.972; above 0.95 in 54 of 206\n",
  );
});

test("08 writes chunks of 32 numbers as a few tokens, and refuses a sequence that is cut off", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("08-fast-tokens");
  expect(out).toContain("20432 chunks of 16 × 2 numbers to learn from, 2128 others to try");
  expect(out).toMatch(/^scale 5: 3\.4 tokens per chunk, mean error 0\.026 of ±1, 0 clamped;/m);
  expect(out).toMatch(/^scale 10: 5\.0 tokens per chunk, mean error 0\.015 of ±1, 0 clamped;/m);
  expect(out).toMatch(/^scale 20: 7\.3 tokens per chunk, mean error 0\.009 of ±1, 0 clamped;/m);
  expect(out).toMatch(/^position 2: fastCodec: the 2 ids hold \d+ coefficients, expected 32; the sequence ends too early, at position 2$/m);
});

test("09 writes every action as one or two tokens, and refuses a sequence that is cut off", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("09-action-tokens");
  expect(out).toContain("25650 actions");
  expect(out).toMatch(/^openvla: 2 of 256 ids, error 0\.0023, 13\.8 bits$/m);
  expect(out).toMatch(/^planar, equal widths: 1 of 512 ids, error 0\.0299, 8\.1 bits$/m);
  expect(out).toMatch(/^planar, fitted: 1 of 512 ids, error 0\.0360, 8\.3 bits$/m);
  expect(out).toMatch(/^planar, fitted, 64 × 32: 1 of 2048 ids, error 0\.0182, 10\.2 bits$/m);
  expect(out).toContain("clamped: 1 of 2; ids 192 255");
  expect(out).toContain("position 1: octo: an action is 2 tokens, got 1 (position 1)");
});

test("10 counts which heads take one of two ways, which mix them, and which drive between", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("10-two-ways");
  const lines = [...out.matchAll(/^(\S+) +(\S+) +(\d+) % +(\d+) % +(\d+) %$/gm)];
  const verdicts = lines.map(([, head, decides, ...shares]) => {
    const [left = NaN, right = NaN, neither = NaN] = shares.map(Number);
    return `${head} ${decides} ${neither > 70 ? "neither" : Math.min(left, right) > 20 && neither < 25 ? "both" : shares.join()}`;
  });
  expect(verdicts).toEqual([
    "mse none neither", "rt1 per-token neither", "gmm joint both", "openvla joint both", "diffusion-mlp joint both", "flow-mlp joint both", "one-step joint both",
  ]);
});

test("11 sees the cube where it stands", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("11-cameras");
  const focal = (48.5 / Math.tan(0.3)).toFixed(1);
  expect(out).toContain(`K = ${focal} 0.0 48.0 0.0 ${focal} 48.0 0.0 0.0 1.0`);
  // The camera looks from 0.7 m beside and 0.7 m above at the middle of the cube's upper face.
  expect(out).toMatch(new RegExp(`shows the cube, colour \\d+ \\d+ \\d+, ${Math.hypot(0.7, 0.7).toFixed(3)} m ahead`));
  expect(out).toContain("at 0.100 0.000 0.100 in the world");
});

test("12 reaches the pose, half way down at half time, and says how far out of reach another is", { timeout: TIMEOUT_MS }, async () => {
  const out = await example("12-reach-a-pose");
  expect(out).toMatch(/^reached to 1e-6 m in \d+ steps$/m);
  expect(out).toMatch(/; height of the tool 0\.487, 0\.\d{3}, 0\.100 m$/m);
  // The arm is 0.855 m long from its shoulder to the flange; 1.2 m ahead is out of reach.
  expect(out).toMatch(/^1\.2 m ahead: 0\.\d\d m short$/m);
});

test("every example has a test of its number", async () => {
  const files = (await readdir("examples")).filter((name) => /^\d\d-.*\.ts$/.test(name));
  expect(files.map((name) => name.slice(0, 2))).toEqual(["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14"]);
});

test("13 learns where the square is, to about a pixel", { timeout: TIMEOUT_MS }, async () => {
  const off = [...(await example("13-image-encoder")).matchAll(/^step \d+: ([\d.]+) px off$/gm)].map(([, px]) => Number(px));
  expect(off).toHaveLength(4);
  expect(off[0]).toBeGreaterThan(4);
  expect(off[3]).toBeLessThan(1.5);
});

test("14 acts with a checkpoint, and is near the chunk before where one goes on from it", { timeout: TIMEOUT_MS }, async () => {
  const dir = join(folder, "pi0-random");
  await node("bin/tendon.js", "checkpoint", "synthesize", "pi0", "--size", "tiny", "--out", dir);
  const told = [...(await example("14-pi0-checkpoint", dir)).matchAll(/: ([\d.]+) from the chunk before where one takes over from it, (\d+) times$/gm)].map(([, distance, times]) => [Number(distance), Number(times)]);
  expect(told.map(([, times]) => times)).toEqual([5, 5]);
  const [[alone = NaN] = [], [goingOn = NaN] = []] = told;
  expect(goingOn).toBeLessThan(0.3 * alone);
});
