/** @file A picture of a run's report: `npx tsx scripts/screenshot-report.ts RUN OUT.png [height px]`. */

import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { CHROMIUM_FLAGS, findChromium } from "#testing/browser";

const WIDTH = 1280;

const [run, out, height = "1490"] = process.argv.slice(2);
if (run === undefined || out === undefined) {
  console.error("usage: npx tsx scripts/screenshot-report.ts RUN OUT.png [height px]");
  process.exit(2);
}
const report = resolve(join(run, "report.html"));
if (!existsSync(report)) throw new Error(`${report} does not exist; write it with \`npx tendon eval ${run}\``);

const executablePath = findChromium();
if (executablePath === undefined) throw new Error("no Chromium was found; install one, or name it in TENDON_CHROMIUM");

await mkdir(dirname(resolve(out)), { recursive: true });
const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS] });
try {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: Number(height) }, colorScheme: "light", deviceScaleFactor: 0.75 });
  await page.goto(pathToFileURL(report).href);
  // Rollouts draw themselves after the page is loaded.
  await page.waitForTimeout(1000);
  await page.screenshot({ path: out });
} finally {
  await browser.close();
}
console.log(`${out}: ${Math.round((await stat(out)).size / 1000)} kB`);
