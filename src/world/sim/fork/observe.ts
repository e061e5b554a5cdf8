/** @file What a policy sees of the fork: where the robot is. The coin does not show. */

/** Numbers in an observation: x, y. */
export const FORK_OBSERVATION_SIZE = 2;

/** Write x, y, m, of a state f[2] into `out` from `offset` on: f[2]. Obstacle and goal never move and are left out. */
export function observeFork(state: ArrayLike<number>, out: Float32Array | Float64Array, offset: number): void {
  if (state.length !== 2 || offset < 0 || offset + FORK_OBSERVATION_SIZE > out.length) {
    throw new RangeError(
      `observeFork: got ${state.length} state numbers and ${out.length - offset} places, expected 2 and at least ${FORK_OBSERVATION_SIZE}`,
    );
  }
  out[offset] = state[0] ?? 0;
  out[offset + 1] = state[1] ?? 0;
}
