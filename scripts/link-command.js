/** @file Make `npx tendon` run this checkout: npm links the commands of dependencies, not a package's own. */

import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";

// Windows needs command shims instead of links; there npx finds the package's own command by itself, only slower.
if (existsSync("src") && process.platform !== "win32") {
  mkdirSync("node_modules/.bin", { recursive: true });
  rmSync("node_modules/.bin/tendon", { force: true });
  symlinkSync("../../bin/tendon.js", "node_modules/.bin/tendon");
}
