/** @file A trajectory: joint positions as a function of time, and its rows at a rate. */

export interface Trajectory {
  /** J, joint positions at every time. */
  readonly size: number;
  /** Time of its end, s; it begins at 0. */
  readonly endS: number;
  /** Write the posture f64[J] at a time into `out`, rad or m. Before the beginning and behind the end it stays there. */
  at(timeS: number, out: Float64Array): void;
  /** Write the speeds f64[J], per s; 0 before the beginning and behind the end. */
  speedAt(timeS: number, out: Float64Array): void;
  /** Write the accelerations f64[J], per s²: the trajectory's own at both ends, 0 before the beginning and behind the end. */
  accelerationAt(timeS: number, out: Float64Array): void;
}

export interface SampleOptions {
  /** Rows per second, Hz. */
  readonly rateHz: number;
  /** Most rows wanted, from the beginning. Default all, to the end. */
  readonly maxRows?: number;
}

/** Share of a tick by which the end may lie behind a row and still be that row: rounding of a time, not a way to go. */
const SAME_TICK = 1e-9;

/**
 * The postures of a trajectory at a rate, f64[T, J]: row t at t / rateHz s, T = ceil(endS · rateHz) + 1, so that the last row is the end.
 * Where the end lies between two ticks it is held until the later one.
 *
 * @throws RangeError unless the rate is finite and > 0, `maxRows` at least 1, and the trajectory's end finite and ≥ 0
 */
export function sampleTrajectory(trajectory: Pick<Trajectory, "size" | "endS" | "at">, options: SampleOptions): Float64Array {
  const { size, endS } = trajectory;
  const { rateHz, maxRows = Infinity } = options;
  if (!(rateHz > 0 && rateHz < Infinity)) throw new RangeError(`sampleTrajectory: rateHz is ${rateHz}, expected a finite number > 0`);
  if (!(endS >= 0 && endS < Infinity)) throw new RangeError(`sampleTrajectory: the trajectory ends at ${endS} s, expected a finite time ≥ 0`);
  if (!(maxRows === Infinity || (Number.isInteger(maxRows) && maxRows >= 1))) {
    throw new RangeError(`sampleTrajectory: maxRows is ${maxRows}, expected an integer ≥ 1`);
  }
  const last = Math.max(0, Math.ceil(endS * rateHz - SAME_TICK));
  const count = Math.min(last + 1, maxRows);
  const rows = new Float64Array(count * size);
  for (let t = 0; t < count; t++) trajectory.at(t === last ? endS : t / rateHz, rows.subarray(t * size, (t + 1) * size));
  return rows;
}
