/** @file From the states of an episode to what the encoder of its policy reads. */

import type { HostTensor } from "#engine/array";
import { imageInput, OBSERVATION, TEXT } from "#policy/encoders";
import { frameCrops, instructionIds, type PolicySpec, type VisionSpec } from "#policy/policies";
import type { StateCameras } from "#world/sim";
import { stateView } from "./perception.ts";
import type { Task } from "./task.ts";

/** An episode as far as it has come. */
export interface Seen {
  /** f[S] per tick, the newest last; at least one. */
  readonly states: readonly ArrayLike<number>[];
  readonly instruction: string;
}

export interface Observer {
  /**
   * Write what is observed at the newest state to row `index` of a sampler's `observations`: the last O states, the oldest first, where the
   * first stands in for those before it; the middle of the cameras' frames at these; the instruction.
   */
  write(observations: Readonly<Record<string, HostTensor>>, index: number, seen: Seen): void;
}

/** The observer of a policy at a task. @throws RangeError when the task has not the cameras of the policy, or another number of states */
export function observerOf(task: Task, spec: PolicySpec): Observer {
  const { obsSteps, obsSize, vision } = spec;
  const reader = instructionIds(spec);
  const view = stateView(task, vision === undefined ? {} : { cameras: [...vision.cameras] });
  if (view.size !== obsSize) throw new RangeError(`observerOf: the policy observes ${obsSize} numbers, task ${task.name} has ${view.size}; is it a policy of another task?`);
  const eyes = vision === undefined ? undefined : eyesOf(task, vision);
  return {
    write(observations, index, { states, instruction }) {
      const text = observations[TEXT]?.data as BigInt64Array | undefined;
      for (let step = 0; step < obsSteps; step++) {
        const state = states[Math.max(0, states.length - obsSteps + step)] ?? [];
        const row = index * obsSteps + step;
        // The encoder's inputs say their types.
        view.observe(state, observations[OBSERVATION]?.data as Float32Array, row * obsSize);
        eyes?.write(observations, row, state);
      }
      if (reader !== undefined) text?.set(reader.of([instruction]).data, index * reader.count);
    },
  };
}

interface Eyes {
  /** Write the crop of every camera as image `row` of its input. */
  write(observations: Readonly<Record<string, HostTensor>>, row: number, state: ArrayLike<number>): void;
}

function eyesOf(task: Task, vision: VisionSpec): Eyes {
  const { cameras, imageSize } = vision;
  const eyes = task.cameras?.({ size: imageSize }) as StateCameras; // stateView has looked that there are cameras
  const crops = frameCrops(vision);
  return {
    write(observations, row, state) {
      const frames = eyes.look(state);
      for (const camera of cameras) {
        crops.middle(frames[camera]?.rgb as Uint8Array, { out: observations[imageInput(camera)]?.data as Float32Array, index: row });
      }
    },
  };
}
