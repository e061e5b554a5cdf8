/** @file The import rules as a pure function: source files in, violations out. */

import { builtinModules } from "node:module";
import { posix } from "node:path";
import { NODE_PACKAGES, NODE_PLACES, NODE_SUBPATHS, ROOMS, TESTING } from "./rooms.ts";

export interface SourceFile {
  /** Path from the repository root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  /** Line of the import, counted from 1. */
  readonly line: number;
  readonly message: string;
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every broken rule of every file, in file order. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) =>
    importsOf(file.text).flatMap(({ specifier, line }) => {
      const message = specifier.startsWith(".")
        ? checkRelative(file.path, specifier)
        : checkSpecifier(file.path, specifier);
      return message === undefined ? [] : [{ path: file.path, line, message }];
    }),
  );
}

// Anchored at line starts, so words inside comments and strings do not count as imports.
const STATIC_IMPORT = /^[ \t]*(?:import|export)\b(?:[^"'`;]*?\bfrom)?\s*["']([^"'\n]+)["']/gm;
const DYNAMIC_IMPORT = /^(?![ \t]*(?:\*|\/\/|\/\*)).*?\bimport\(\s*["']([^"'\n]+)["']/gm;

/** Static imports, re-exports, side-effect imports and `import("…")` with a literal. */
export function importsOf(text: string): Import[] {
  return [STATIC_IMPORT, DYNAMIC_IMPORT]
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => ({
      specifier: match[1] ?? "",
      line: text.slice(0, match.index + match[0].length).split("\n").length,
    }))
    .sort((a, b) => a.line - b.line);
}

function checkRelative(path: string, specifier: string): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  if (isTest(path)) return undefined;
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from !== to) {
    return `a relative import may not leave its room (${from ?? path} to ${to ?? target}); use the room's # name`;
  }
  if (isNodePlace(target) && !isNodePlace(path)) {
    return `${path} runs in a browser and may not import ${target}, which needs Node`;
  }
  return undefined;
}

function checkSpecifier(path: string, specifier: string): string | undefined {
  if (isTest(path)) return undefined;
  if (needsNode(specifier) && !isNodePlace(path)) {
    return `${path} runs in a browser and may not import ${specifier}, which needs Node`;
  }
  return specifier.startsWith("#") ? checkRoom(path, specifier) : undefined;
}

function checkRoom(path: string, specifier: string): string | undefined {
  const to = roomOf(`src/${specifier.slice(1)}/`);
  if (to === undefined) return `${specifier} is not a room`;
  if (!path.startsWith("src/")) {
    return to === TESTING && path.startsWith("examples/")
      ? "examples may not import room testing"
      : undefined;
  }
  const from = roomOf(path);
  if (from === undefined) return `${path} lies in no room of the table`;
  if (from === to || from === TESTING) return undefined;
  const allowed = ROOMS[from]?.imports ?? [];
  if (allowed === "*" ? to !== TESTING : allowed.includes(to)) return undefined;
  return `room ${from} may not import room ${to}`;
}

/** The room that holds a path, or the top folder for paths outside `src/`. */
function roomOf(path: string): string | undefined {
  if (!path.startsWith("src/")) return path.split("/")[0];
  if (path.startsWith(`src/${TESTING}/`)) return TESTING;
  return Object.keys(ROOMS).find((name) => path.startsWith(`src/${ROOMS[name]?.folder}/`));
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

function isNodePlace(path: string): boolean {
  return NODE_PLACES.some((place) => path === place || (place.endsWith("/") && path.startsWith(place)));
}

function needsNode(specifier: string): boolean {
  return (
    specifier.startsWith("node:") ||
    builtinModules.includes(specifier) ||
    NODE_PACKAGES.includes(specifier) ||
    NODE_SUBPATHS.includes(specifier)
  );
}
