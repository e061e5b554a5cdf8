/** @file Shares as percent that never claim all or nothing falsely. */

/**
 * Shares that stand side by side, all with the same number of decimals: none, or one where without it a share that is not 0 or 1
 * would read so. What one decimal cannot tell from them either reads "< 0.1 %" or "> 99.9 %".
 *
 * @param shares in [0, 1]
 */
export function percents(shares: readonly number[]): string[] {
  const digits = shares.some((share) => isFalse(share, 0)) ? 1 : 0;
  return shares.map((share) => {
    if (!isFalse(share, digits)) return `${(100 * share).toFixed(digits)} %`;
    return share < 0.5 ? "< 0.1 %" : "> 99.9 %";
  });
}

/** One share by itself. */
export function percent(share: number): string {
  return percents([share]).join();
}

/** Whether so many decimals would make nothing or all of a share that is neither. */
function isFalse(share: number, digits: number): boolean {
  const shown = Number((100 * share).toFixed(digits));
  return (shown === 0 && share !== 0) || (shown === 100 && share !== 1);
}
