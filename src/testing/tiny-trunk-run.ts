/** @file A run small enough for tests of a policy that sees and reads through a trunk. */

import { rng } from "#engine/array";
import type { RunConfig, TrainingRows } from "#policy/training";
import { tinyConfig, tinyRows } from "./tiny-run.ts";

/** Side of the frames, px. */
const SIZE = 16;

/** Noise in place of frames, and an instruction for each episode. */
export function tinyTrunkRows(): TrainingRows {
  const blind = tinyRows();
  return {
    ...blind,
    frames: { front: blind.observations.map((states, i) => noise((states.length / blind.obsSize) * SIZE * SIZE * 3, i)) },
    instructions: ["left", "right", "the other one"],
  };
}

function noise(length: number, seed: number): Uint8Array {
  const random = rng(seed, "frames");
  return Uint8Array.from({ length }, () => random.integer(0, 256));
}

/** @param head one of `WHOLE_NAMES` */
export function tinyTrunkConfig(head: string, overrides: Partial<RunConfig> = {}): RunConfig {
  return tinyConfig({ head, obsSteps: 1, width: 32, blocks: 2, batch: 4, cameras: ["front"], imageSize: SIZE, cropSize: SIZE, imageChannels: 32, readInstruction: true, ...overrides });
}
