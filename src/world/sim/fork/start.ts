/** @file Where an episode of the fork starts. */

import type { Rng } from "#engine/array";
import { START_SPREAD, type Point } from "./geometry.ts";

/** A start, evenly spread over the square about (0, 0). It says nothing of the way that is taken. */
export function forkStart(random: Rng): Point {
  const place = (): number => START_SPREAD * (2 * random.uniform() - 1);
  return { x: place(), y: place() };
}
