/** @file π0 on WebGPU: with Chromium's software adapter, which is right and slow, it draws the chunk that the processor draws. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Where Debian's Chromium keeps a Vulkan loader and a driver that needs no graphics card. */
const CHROMIUM = "/usr/lib/chromium";
const DRIVER = join(CHROMIUM, "vk_swiftshader_icd.json");

async function chunkOf(variant: string, provider: string): Promise<number[]> {
  const argv = ["--import", "tsx", "--conditions=source", "src/testing/pi0-chunk.ts", variant, provider];
  const env = { ...process.env, VK_DRIVER_FILES: DRIVER, LD_LIBRARY_PATH: CHROMIUM };
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
  return JSON.parse(stdout) as number[];
}

test.each(["pi0", "pi05"])("%s draws the same chunk to 1e-3", { skip: !existsSync(DRIVER), timeout: 120_000 }, async (variant) => {
  const [ours, theirs] = [await chunkOf(variant, "webgpu"), await chunkOf(variant, "cpu")];
  expect(ours).toHaveLength(2 * 6 * 8);
  expect(Math.max(...theirs.map(Math.abs))).toBeGreaterThan(0.1);
  expect(Math.max(...ours.map((value, i) => Math.abs(value - (theirs[i] ?? NaN))))).toBeLessThan(1e-3);
});
