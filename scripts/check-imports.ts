/** @file Check that imports follow the rooms table; prints each violation and exits 1. */

import { findViolations } from "./import-rules.ts";
import { readSourceFiles } from "./source-files.ts";

const violations = findViolations(readSourceFiles());
for (const { path, line, message } of violations) console.error(`${path}:${line}: ${message}`);
if (violations.length > 0) process.exitCode = 1;
