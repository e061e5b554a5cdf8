/** @file Options of inverse kinematics, their defaults and their ranges. */

import type { Numbers } from "./quaternion.ts";
import { requireJointPositions, type SerialChain } from "./serial-chain.ts";

export interface IkOptions {
  /** λ of the damped inverse, in units of the Jacobian's singular values. Larger is calmer near singular postures, and slower. Default 0.02. */
  readonly damping?: number;
  /** Largest change of any joint in one step, rad or m. Default 0.2. */
  readonly maxStep?: number;
  /** f[n] posture to stay near, as far as the tool does not feel it. Default: none. */
  readonly rest?: Numbers;
  /** Share of the way to `rest` taken in one step, in [0, 1]. Default 0.1. */
  readonly restGain?: number;
  /** A position is reached within this, m. Default 1e-6. */
  readonly positionToleranceM?: number;
  /** An orientation is reached within this, rad. Default 1e-6. */
  readonly angleToleranceRad?: number;
  /** Steps of one attempt of `solve`, at most. Default 100. */
  readonly maxIterations?: number;
  /** Attempts of `solve` from random postures, after the one from `start` has failed. Default 20. */
  readonly restarts?: number;
  /** Of the random postures. Default 0. */
  readonly seed?: number;
}

/** The options of a chain with defaults filled in; `rest` stays undefined where there is none. */
export type IkSettings = Required<Omit<IkOptions, "rest">> & { readonly rest: Float64Array | undefined };

const DEFAULTS = {
  damping: 0.02,
  maxStep: 0.2,
  restGain: 0.1,
  positionToleranceM: 1e-6,
  angleToleranceRad: 1e-6,
  maxIterations: 100,
  restarts: 20,
  seed: 0,
} as const;

/** @throws RangeError when an option is out of its range */
export function completeIkOptions(chain: SerialChain, options: IkOptions): IkSettings {
  const settings = { ...DEFAULTS, ...options };
  for (const key of ["damping", "maxStep", "positionToleranceM", "angleToleranceRad"] as const) {
    if (!(settings[key] > 0)) throw new RangeError(`inverseKinematics: ${key} is ${settings[key]}, expected a number > 0`);
  }
  // A step may be as long as it likes; damping without end would take none.
  if (settings.damping === Infinity) throw new RangeError("inverseKinematics: damping is Infinity, expected a finite number");
  if (!(Number.isInteger(settings.seed) && settings.seed >= 0)) throw new RangeError(`inverseKinematics: seed is ${settings.seed}, expected an integer ≥ 0`);
  if (!(settings.restGain >= 0 && settings.restGain <= 1)) throw new RangeError(`inverseKinematics: restGain is ${settings.restGain}, expected 0 to 1`);
  if (!(Number.isInteger(settings.maxIterations) && settings.maxIterations >= 1)) {
    throw new RangeError(`inverseKinematics: maxIterations is ${settings.maxIterations}, expected an integer ≥ 1`);
  }
  if (!(Number.isInteger(settings.restarts) && settings.restarts >= 0)) {
    throw new RangeError(`inverseKinematics: restarts is ${settings.restarts}, expected an integer ≥ 0`);
  }
  const { rest } = options;
  if (rest !== undefined) requireJointPositions("inverseKinematics: rest", chain, rest);
  return { ...settings, rest: rest && Float64Array.from(rest) };
}
