/** @file Cameras in headless Chromium draw Node's pixels, byte for byte. Skipped where there is no Chromium. */

import { expect, test } from "vitest";
import { findChromium, runInBrowser } from "../browser.ts";
import { cameraImages, type CameraImage } from "../camera-images.ts";

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("pages/camera.test.ts is skipped: no Chromium found; install one or name it in TENDON_CHROMIUM\n");
}

test.skipIf(executable === undefined)("images drawn in Chromium are Node's, byte for byte", { timeout: 120_000 }, async () => {
  // What the page's main returns.
  const drawn = (await runInBrowser({ executable: executable ?? "", page: "camera.ts", data: null })) as readonly CameraImage[];
  const expected = cameraImages();
  expect(expected.map(({ segments }) => new Set(segments).size >= 5)).toEqual(expected.map(() => true));
  expect(drawn).toEqual(expected);
});
