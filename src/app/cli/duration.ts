/** @file Durations as people write them. */

import { UsageError } from "./command.ts";

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/**
 * Seconds of `90s`, `3m` or `1.5h`.
 *
 * @throws UsageError naming the flag for anything else
 */
export function parseDuration(flag: string, text: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text.trim()) ?? [];
  const seconds = Number(amount) * SECONDS[unit as keyof typeof SECONDS];
  if (!(seconds > 0)) throw new UsageError(`${flag}: got "${text}", expected a time above 0 such as 90s, 3m or 1h`);
  return seconds;
}
