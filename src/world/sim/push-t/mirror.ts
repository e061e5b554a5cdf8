/**
 * @file The mirror symmetry of Push-T: the line x + y = 512.
 *
 * The T is symmetric about its stem, and the goal's stem lies along that line, so a mirrored episode is an episode
 * of the same task. The walls are off by one pixel (7 and 504 mirror to 8 and 505), so it holds away from them.
 */

import { WORLD_SIZE } from "./geometry.ts";

const TAU = 2 * Math.PI;

/**
 * Mirror a point or an action, px: (x, y) becomes (512 - y, 512 - x). Writes two numbers from `offset` on; in place
 * is fine.
 */
export function mirrorPushTAction(
  action: ArrayLike<number>,
  out: Float32Array | Float64Array,
  offset: number = 0,
): void {
  const x = action[0] ?? 0;
  const y = action[1] ?? 0;
  out[offset] = WORLD_SIZE - y;
  out[offset + 1] = WORLD_SIZE - x;
}

/**
 * Mirror a state f[5] into `out`: agent and block position as points; angle θ becomes π/2 - θ, in [0, 2π).
 *
 * The stem points along (-sin θ, cos θ). Mirrored, that is (-cos θ, sin θ), the stem's direction at π/2 - θ. Left
 * and right corners of the T change places, so mirror the state first and observe it then.
 */
export function mirrorPushTState(state: ArrayLike<number>, out: Float32Array | Float64Array): void {
  if (state.length !== 5 || out.length !== 5) {
    throw new RangeError(`mirrorPushTState: got ${state.length} and ${out.length} numbers, expected 5 and 5`);
  }
  const blockX = state[2] ?? 0;
  const blockY = state[3] ?? 0;
  const angleRad = (Math.PI / 2 - (state[4] ?? 0)) % TAU;
  mirrorPushTAction(state, out);
  out[2] = WORLD_SIZE - blockY;
  out[3] = WORLD_SIZE - blockX;
  out[4] = (angleRad + TAU) % TAU;
}
