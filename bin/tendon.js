#!/usr/bin/env node
/** @file The `tendon` command: starts the compiled command line. */

import { existsSync } from "node:fs";

const main = new URL("../dist/app/cli/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error("tendon: dist/ is missing: run `npm run build` in the checkout first");
  process.exitCode = 2;
}
