/** @file Cameras in headless Chromium draw the pixels and write the datasets of Node, byte for byte. Skipped where there is no Chromium. */

import { beforeAll, describe, expect, test } from "vitest";
import { findChromium, runInBrowser } from "../browser.ts";
import { cameraDataset, cameraImages } from "../camera-images.ts";
import type { CameraResult } from "./camera.ts";

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write("pages/camera.test.ts is skipped: no Chromium found; install one or name it in TENDON_CHROMIUM\n");
}

describe.skipIf(executable === undefined)("in Chromium", () => {
  let browser: CameraResult;

  beforeAll(async () => {
    browser = (await runInBrowser({ executable: executable ?? "", page: "camera.ts", data: null })) as CameraResult; // what the page's main returns
  }, 120_000);

  test("images are Node's, byte for byte", () => {
    const expected = cameraImages();
    expect(expected.map(({ segments }) => new Set(segments).size >= 5)).toEqual(expected.map(() => true));
    expect(browser.images).toEqual(expected);
  });

  test("a dataset with images is Node's, file by file", () => {
    const expected = cameraDataset();
    expect(Object.keys(expected)).toContain("data/chunk-000/file-000.parquet");
    expect(browser.dataset).toEqual(expected);
  });
});
