/** @file States with as many digits as a drawing shows. */

import type { Scene } from "#world/sim";
import type { RolloutRecord } from "./types.ts";

/** Lengths to a tenth of a five-hundredth of the picture or finer, as powers of ten: 0.1 px of 512. Angles to 0.001 rad. */
export function roundRollout(rollout: RolloutRecord, scene: Scene): RolloutRecord {
  const { view, shapes } = scene;
  const lengthDigits = Math.max(0, Math.ceil(-Math.log10(Math.abs(view.right - view.left) / 5000)));
  const angles = new Set(shapes.flatMap(({ place }) => (place.kind === "moving" && place.angle !== null ? [place.angle] : [])));
  const states = rollout.states.map((state) =>
    state.map((value, entry) => Number(value.toFixed(angles.has(entry) ? 3 : lengthDigits))),
  );
  return { ...rollout, states };
}
