/** @file The part of a batch that is seen and read: crops of camera frames, and instructions. */

import { zeros, type HostTensor, type Rng } from "#engine/array";
import { imageInput, TEXT } from "#policy/encoders";
import { frameCrops, instructionIds, type InstructionIds, type PolicySpec, type VisionSpec } from "#policy/policies";
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

export interface BatchSensesOptions {
  /** B */
  readonly batch: number;
  /** Share of windows whose instruction is withheld. Default 0. */
  readonly instructionDropout?: number | undefined;
}

/** @throws RangeError when an instruction is longer than the policy reads */
export function batchSenses(spec: PolicySpec, { frames = {}, instructions = [] }: TrainingRows, { batch, instructionDropout = 0 }: BatchSensesOptions): BatchSenses {
  const { obsSteps, vision } = spec;
  const ids = instructionIds(spec);
  const eyes = vision === undefined ? undefined : batchImages(vision, { frames, obsSteps, batch });
  const reader = ids === undefined ? undefined : batchTexts(ids, { instructions, batch, dropout: instructionDropout });
  return {
    feeds: { ...eyes?.feeds, ...reader?.feeds },
    fill(places, random) {
      eyes?.fill(places, random);
      reader?.fill(places, random);
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

interface Texts {
  /** By episode. */
  readonly instructions: readonly string[];
  readonly batch: number;
  /** Share of windows that are told nothing. */
  readonly dropout: number;
}

function batchTexts({ of, count }: InstructionIds, { instructions, batch, dropout }: Texts): BatchSenses {
  const ids = of(instructions).data;
  const text = zeros("i64", [batch, count]);
  return {
    feeds: { [TEXT]: text },
    fill(places, random) {
      places.forEach(({ episode }, b) => {
        if (dropout > 0 && random.uniform() < dropout) text.data.fill(0n, b * count, (b + 1) * count);
        else text.data.set(ids.subarray(episode * count, (episode + 1) * count), b * count);
      });
    },
  };
}
