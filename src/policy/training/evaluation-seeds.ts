/** @file Which seeds belong to evaluation, so that no policy is tested where it was shown what to do. */

/** Evaluation begins here by default, as the test seeds of Diffusion Policy do; demonstrations end before it. */
export const FIRST_EVALUATION_SEED = 100_000;

export interface DemonstrationSeeds {
  /** Attempt i plays seed + i. */
  readonly seed: number;
  /** How many successful demonstrations are wanted: at least so many attempts. */
  readonly episodes: number;
}

/** @throws RangeError when demonstrations would reach the seeds of evaluation even if every attempt succeeded */
export function requireDemonstrationSeeds(who: string, { seed, episodes }: DemonstrationSeeds): void {
  if (seed + episodes <= FIRST_EVALUATION_SEED) return;
  throw new RangeError(
    `${who}: ${episodes} episodes from seed ${seed} play seeds up to ${seed + episodes - 1}, expected them below ${FIRST_EVALUATION_SEED}, ` +
      "where evaluation begins; take a lower seed or fewer episodes",
  );
}
