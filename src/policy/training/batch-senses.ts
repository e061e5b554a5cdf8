/** @file The part of a batch that is seen and read: crops of camera frames, and instructions. */

import { zeros, type HostTensor, type Rng } from "#engine/array";
import { imageInput, TEXT, textIds } from "#policy/encoders";
import { frameCrops, type PolicySpec, type VisionSpec } from "#policy/policies";
import type { TrainingRows } from "./training-rows.ts";

/** A window of training: its current tick in an episode. */
export interface Place {
  readonly episode: number;
  readonly tick: number;
}

/** Buffers of a batch, by name of the encoder's inputs, and how to fill them. */
export interface BatchSenses {
  readonly feeds: Readonly<Record<string, HostTensor>>;
  /**
   * @param places B windows
   * @param random draws where each frame is cropped, afresh for every frame, as robomimic's `CropRandomizer` does
   */
  fill(places: readonly Place[], random: Rng): void;
}

/** @throws RangeError when an instruction has more bytes than the policy reads */
export function batchSenses({ obsSteps, vision, instructionBytes }: PolicySpec, { frames = {}, instructions = [] }: TrainingRows, batch: number): BatchSenses {
  const eyes = vision === undefined ? undefined : batchImages(vision, { frames, obsSteps, batch });
  const reader = instructionBytes === undefined ? undefined : batchTexts(instructions, instructionBytes, batch);
  return {
    feeds: { ...eyes?.feeds, ...reader?.feeds },
    fill(places, random) {
      eyes?.fill(places, random);
      reader?.fill(places);
    },
  };
}

interface Images {
  readonly frames: NonNullable<TrainingRows["frames"]>;
  readonly obsSteps: number;
  readonly batch: number;
}

function batchImages(vision: VisionSpec, { frames, obsSteps, batch }: Images): BatchSenses {
  const { cameras, imageSize, cropSize } = vision;
  const crops = frameCrops(vision);
  const frameLength = imageSize * imageSize * 3;
  const images = cameras.map(() => zeros("f32", [batch, obsSteps, 3, cropSize, cropSize]));
  return {
    feeds: Object.fromEntries(cameras.map((camera, i) => [imageInput(camera), images[i] as HostTensor])),
    fill(places, random) {
      cameras.forEach((camera, i) => {
        places.forEach(({ episode, tick }, b) => {
          const recorded = frames[camera]?.[episode] ?? new Uint8Array();
          for (let step = 0; step < obsSteps; step++) {
            // The first frame stands in for those before it.
            const at = Math.max(0, tick - obsSteps + 1 + step) * frameLength;
            const target = { out: images[i]?.data ?? new Float32Array(), index: b * obsSteps + step };
            crops.anywhere(recorded.subarray(at, at + frameLength), target, random);
          }
        });
      });
    },
  };
}

function batchTexts(instructions: readonly string[], bytes: number, batch: number): { readonly feeds: BatchSenses["feeds"]; fill(places: readonly Place[]): void } {
  const ids = textIds(instructions, bytes).data;
  const text = zeros("i64", [batch, bytes]);
  return {
    feeds: { [TEXT]: text },
    fill(places) {
      places.forEach(({ episode }, b) => text.data.set(ids.subarray(episode * bytes, (episode + 1) * bytes), b * bytes));
    },
  };
}
