/** @file Compile src/ to dist/: one JavaScript and one declaration file per source file. */

import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";

// An installed package carries dist/ and no compiler; there is nothing to build.
if (existsSync("src")) {
  rmSync("dist", { recursive: true, force: true });
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
    stdio: "inherit",
  });
}
