/** @file How much each step of a new chunk is to stay with the old one: all where it will be done before the new one is there, then less. */

/**
 * How weights fall between the delay and the end: not at all, at once, evenly, or fast at first.
 */
export type GuidanceSchedule = "ones" | "zeros" | "linear" | "exponential";

export interface GuidanceWeightsOptions {
  /** H: steps of a chunk. */
  readonly horizon: number;
  /** Steps that will be executed before the new chunk is there: these stay. */
  readonly delay: number;
  /** Steps of the old chunk that the new one overlaps. Behind them it is free. */
  readonly overlap: number;
  /** Default `"exponential"`, as in the paper. */
  readonly schedule?: GuidanceSchedule;
}

const RAMPS: Readonly<Record<GuidanceSchedule, (left: number) => number>> = {
  ones: () => 1,
  zeros: () => 0,
  linear: (left) => left,
  exponential: (left) => (left * Math.expm1(left)) / (Math.E - 1),
};

/**
 * H weights in [0, 1].
 *
 * @throws RangeError when the sizes are no whole numbers, or the overlap is longer than the chunk
 *
 * Source: Black, Galliker and Levine 2025, arXiv:2506.07339, eq. 5; huggingface/lerobot at 7427f31, policies/rtc/modeling_rtc.py `get_prefix_weights`.
 */
export function guidanceWeights({ horizon, delay, overlap, schedule = "exponential" }: GuidanceWeightsOptions): number[] {
  for (const [name, value] of Object.entries({ horizon, delay, overlap })) {
    if (!Number.isInteger(value) || value < 0) throw new RangeError(`guidanceWeights: ${name} is ${value}, expected a whole number of at least 0`);
  }
  if (overlap > horizon) throw new RangeError(`guidanceWeights: the overlap is ${overlap} steps, expected at most the chunk's ${horizon}`);
  const start = Math.min(delay, overlap);
  return Array.from({ length: horizon }, (_, i) => {
    if (i < start) return 1;
    return i >= overlap ? 0 : RAMPS[schedule](1 - (i - start + 1) / (overlap - start + 1));
  });
}
