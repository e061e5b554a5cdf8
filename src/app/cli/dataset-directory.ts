/** @file Where a dataset named on the command line lies: a folder of the user's, one this package carries, or none. */

import { existsSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { MADE_DATASETS, TASK_NAMES } from "#policy/training";

// The same distance from src/app/cli and from dist/app/cli.
const PACKAGE = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder of a dataset to learn from; undefined for the name of one that a task makes. */
export function demonstrationsDirectory(nameOrPath: string): string | undefined {
  return MADE_DATASETS.includes(nameOrPath) ? undefined : datasetDirectory(nameOrPath);
}

/**
 * The folder of a dataset.
 *
 * A plain name such as `push-t` means a dataset folder of that name here, in `./datasets`, or in this package; a path means
 * itself, and `datasets/…` where there is none the package's own.
 *
 * @throws Error that lists what was looked for
 */
export function datasetDirectory(nameOrPath: string): string {
  const candidates = isPlainName(nameOrPath) ? placesOfName(nameOrPath) : placesOfPath(nameOrPath);
  const found = candidates.find((directory) => existsSync(directory));
  if (found !== undefined) return found;
  const hint = TASK_NAMES.includes(nameOrPath) ? `make it with: tendon data generate ${nameOrPath}` : "the built-in one is push-t";
  throw new Error(`dataset "${nameOrPath}" not found; looked for ${candidates.join(", ")}; ${hint}`);
}

function isPlainName(text: string): boolean {
  return /^[^/\\.][^/\\]*$/.test(text);
}

function placesOfName(name: string): string[] {
  const shared = [join("datasets", name), join(PACKAGE, "datasets", name)];
  // A folder of that name may be anything, such as a run: it comes first only when it is a dataset.
  return existsSync(join(name, "meta", "info.json")) ? [name, ...shared] : [...shared, name];
}

function placesOfPath(path: string): string[] {
  const isShared = !isAbsolute(path) && /^datasets[/\\]/.test(normalize(path));
  return isShared ? [path, join(PACKAGE, path)] : [path];
}
