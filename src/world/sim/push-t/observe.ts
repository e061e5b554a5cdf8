/** @file What a policy sees of a Push-T state: the agent and the corners of the T. */

import { CORNERS } from "./geometry.ts";

/** Numbers in an observation: agent x, y and eight corners. */
export const PUSH_T_OBSERVATION_SIZE = 2 + CORNERS.length;

/**
 * Write agent x, y, then the T's eight corners (x, y), px, into `out` from `offset` on: f[18].
 *
 * Corners: the bar's four, then the stem's, each clockwise on screen from the top left of the upright T; the order
 * of `environment_state` in gym-pusht. Corners carry the angle without its jump at 2π.
 *
 * @param state f[5] agent x, y, block x, y (px), angle (rad)
 */
export function observePushT(state: ArrayLike<number>, out: Float32Array | Float64Array, offset: number): void {
  if (state.length !== 5 || offset < 0 || offset + PUSH_T_OBSERVATION_SIZE > out.length) {
    throw new RangeError(
      `observePushT: got ${state.length} state numbers and ${out.length - offset} places, ` +
        `expected 5 and at least ${PUSH_T_OBSERVATION_SIZE}`,
    );
  }
  const blockX = state[2] ?? 0;
  const blockY = state[3] ?? 0;
  const angleRad = state[4] ?? 0;
  const cos = Math.cos(angleRad);
  const sin = Math.sin(angleRad);
  out[offset] = state[0] ?? 0;
  out[offset + 1] = state[1] ?? 0;
  for (let i = 0; i < CORNERS.length; i += 2) {
    const u = CORNERS[i] ?? 0;
    const v = CORNERS[i + 1] ?? 0;
    out[offset + 2 + i] = blockX + cos * u - sin * v;
    out[offset + 3 + i] = blockY + sin * u + cos * v;
  }
}
