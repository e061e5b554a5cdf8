/** @file Generalized advantage estimation. Host side. */

/** Rollouts of N environments over T steps, each [T · N] with time outermost. */
export interface Rollouts {
  /** f64[T · N] reward of step t. */
  readonly rewards: Float64Array;
  /** f64[T · N] V of the observation before step t. */
  readonly values: Float64Array;
  /** f64[T · N] V of the observation after step t, in the same episode: before any reset. */
  readonly nextValues: Float64Array;
  /** 1 where step t ended its episode for good (success, failure), [T · N]: nothing is to come, whatever `nextValues` says. */
  readonly isTerminal: Uint8Array;
  /** 1 where step t was the last of its episode because time was up, [T · N]: what would have come counts as `nextValues`. Default: none. */
  readonly isTruncated?: Uint8Array;
  /** N */
  readonly environments: number;
}

export interface GaeOptions {
  /** γ in [0, 1]: what a reward one step later is worth. Default 0.99. */
  readonly discount?: number;
  /** λ in [0, 1]: 0 trusts the values, 1 the rewards. Default 0.95. */
  readonly lambda?: number;
}

/**
 * A_t = δ_t + γ·λ·A_{t+1}, with δ_t = r_t + γ·V_{t+1} - V_t; the sum stops at the end of an episode.
 *
 * Flags mark the step that ended an episode. CleanRL marks the step after it, the first of the next episode, and takes
 * truncation for termination, which teaches that time running out is a failure; with its flags, isTerminal_t = dones_{t+1}.
 *
 * @returns f64[T · N] each: advantages, and returns A + V for the value network
 * @throws RangeError when the lengths do not go together, or γ or λ is outside [0, 1]
 *
 * Source: Schulman et al. 2015, arXiv:1506.02438, eq. 16; truncation: Pardo et al. 2018, arXiv:1712.00378.
 */
export function generalizedAdvantages(rollouts: Rollouts, options: GaeOptions = {}): { advantages: Float64Array; returns: Float64Array } {
  const { discount = 0.99, lambda = 0.95 } = options;
  for (const [name, value] of Object.entries({ discount, lambda })) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`generalizedAdvantages: ${name} is ${value}, expected a number in [0, 1]`);
  }
  assertLengths(rollouts);
  const { rewards, values, nextValues, isTerminal, isTruncated, environments } = rollouts;
  const advantages = new Float64Array(rewards.length);
  for (let at = rewards.length - 1; at >= 0; at--) {
    const value = values[at] ?? 0;
    const isOver = isTerminal[at] === 1;
    const surprise = (rewards[at] ?? 0) + (isOver ? 0 : discount * (nextValues[at] ?? 0)) - value;
    const isLast = isOver || isTruncated?.[at] === 1;
    advantages[at] = surprise + (isLast ? 0 : discount * lambda * (advantages[at + environments] ?? 0));
  }
  return { advantages, returns: advantages.map((advantage, at) => advantage + (values[at] ?? 0)) };
}

function assertLengths({ rewards, values, nextValues, isTerminal, isTruncated = isTerminal, environments }: Rollouts): void {
  if (!(Number.isInteger(environments) && environments > 0 && rewards.length % environments === 0)) {
    throw new RangeError(`generalizedAdvantages: ${rewards.length} rewards of ${environments} environments, expected T·N`);
  }
  for (const [name, { length }] of Object.entries({ values, nextValues, isTerminal, isTruncated })) {
    if (length !== rewards.length) throw new RangeError(`generalizedAdvantages: ${length} ${name}, expected ${rewards.length} as rewards`);
  }
}
