/** @file What a robot last saw and was told, as a policy reads it. */

import type { HostTensor } from "#engine/array";
import { imageInput, TEXT } from "#policy/encoders";
import { frameCrops } from "./frame-crops.ts";
import { instructionIds } from "./instruction-ids.ts";
import { observationWindow } from "./observation-window.ts";
import type { ObservingSpec } from "./observing.ts";

/** What is seen and said at one tick. */
export interface Sight {
  /** By camera, u8[h, w, 3], the square frames that the policy was trained on. */
  readonly frames?: Readonly<Record<string, Uint8Array>>;
  readonly instruction?: string;
}

export interface SenseWindow {
  /**
   * Take in what is seen at this tick. The first frames after a start stand in for the past they have not.
   *
   * @throws RangeError naming what is missing or of another size; nothing is taken in then
   */
  push(sight: Sight): void;
  /** Write the last O frames, their middle, and the instruction to row 0 of a sampler's inputs. */
  write(observations: Readonly<Record<string, HostTensor>>): void;
  /** Forget everything, as at the start of an episode. */
  clear(): void;
}

export function senseWindow(spec: ObservingSpec): SenseWindow {
  const { obsSteps, vision } = spec;
  const reader = instructionIds(spec);
  const { cameras = [], imageSize = 0, cropSize = 0 } = vision ?? {};
  const crops = vision === undefined ? undefined : frameCrops(vision);
  const windows = cameras.map(() => observationWindow({ obsSteps, obsSize: 3 * cropSize * cropSize }));
  const image = new Float32Array(3 * cropSize * cropSize);
  let said = "";
  return {
    push({ frames = {}, instruction }) {
      for (const camera of cameras) demandFrame(camera, frames, imageSize);
      if (reader !== undefined && instruction === undefined) throw new RangeError("act: the policy reads the instruction, which is missing; pass { instruction }");
      said = instruction ?? "";
      cameras.forEach((camera, i) => {
        crops?.middle(frames[camera] ?? new Uint8Array(), { out: image, index: 0 });
        windows[i]?.push(image);
      });
    },
    write(observations) {
      // The encoder's inputs say their types.
      cameras.forEach((camera, i) => (observations[imageInput(camera)]?.data as Float32Array | undefined)?.set(windows[i]?.values ?? []));
      if (reader !== undefined) (observations[TEXT]?.data as BigInt64Array | undefined)?.set(reader.of([said]).data);
    },
    clear: () => windows.forEach((window) => window.clear()),
  };
}

function demandFrame(camera: string, frames: NonNullable<Sight["frames"]>, size: number): void {
  const bytes = frames[camera]?.length;
  if (bytes === 3 * size * size) return;
  const got = bytes === undefined ? `only ${Object.keys(frames).join(", ") || "nothing"}` : `${bytes} bytes`;
  throw new RangeError(`act: frames of camera "${camera}": got ${got}, expected u8[${size}, ${size}, 3]`);
}
