/** @file Check that every source file begins with one `@file` line saying what it is for. */

import { readSourceFiles } from "./source-files.ts";

// Tests are named by the file they sit beside, so they need no line of their own.
const missing = readSourceFiles(["src", "bench", "scripts", "examples"]).filter(
  ({ path, text }) => !path.endsWith(".test.ts") && !/^(?:#!.*\n)?\/\*\*\s(?:\s*\* )?@file \S/.test(text),
);
for (const { path } of missing) console.error(`${path}:1: must begin with /** @file … */`);
if (missing.length > 0) process.exitCode = 1;
