/** @file Parts of an observation encoder: the state, cameras with shared weights or their own, an instruction. */

import { concat, reshape, transpose, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced, TracedTree } from "#engine/nn";
import type { ImageSize } from "./crop.ts";
import type { ImageEncoder } from "./image-encoder.ts";
import type { ObservationPart, Observations } from "./observation-encoder.ts";
import type { Encoder } from "./state.ts";
import type { TextEncoder } from "./text-encoder.ts";

/** The input that holds the robot's own state and whatever else is low-dimensional. */
export const OBSERVATION = "observation";

/** The input of the instruction. */
export const TEXT = "text";

/** The input of a camera's images. */
export function imageInput(camera: string): string {
  return `image.${camera}`;
}

/**
 * The state as it is: `observation` f32[B, O, S], normalized.
 *
 * @param encoder reads one step, f32[B, 1, S]; default none, the head's own conditioning layers do the rest
 */
export function statePart<P extends ParameterTree>(obsSize: number, encoder?: Encoder<P>): ObservationPart {
  const inputs: ObservationPart["inputs"] = (obsSteps) => ({ [OBSERVATION]: { dtype: "f32", shape: (batch) => [batch, obsSteps, obsSize] } });
  if (encoder === undefined) {
    return { parameters: {}, size: obsSize, inputs, features: (_params, observations) => given(observations, OBSERVATION) };
  }
  return {
    parameters: encoder.parameters,
    size: encoder.condSize,
    inputs,
    features(params, observations) {
      const state = given(observations, OBSERVATION);
      const [batch = 0, steps = 0] = state.shape;
      const y = encodeWith(encoder, params, reshape(state, [batch * steps, 1, obsSize]));
      return reshape(y, [batch, steps, encoder.condSize]);
    },
  };
}

export interface CameraPartOptions {
  /** Height and width of the crops, px. */
  readonly size: ImageSize;
  /** Channels of the images. Default 3. */
  readonly channels?: number;
}

/**
 * Cameras that are seen through the same weights: `image.NAME` f32[B, O, channels, h, w] in [0, 1], cropped, for each of them. All images of all
 * cameras and steps go through the network as one batch; features stand camera after camera. For weights of its own, give a camera a part
 * of its own.
 */
export function cameraPart(
  cameras: readonly string[],
  encoder: ImageEncoder,
  { size, channels = 3 }: CameraPartOptions,
): ObservationPart {
  return {
    parameters: encoder.parameters,
    size: cameras.length * encoder.condSize,
    inputs: (obsSteps) =>
      Object.fromEntries(
        cameras.map((camera) => [imageInput(camera), { dtype: "f32", shape: (batch) => [batch, obsSteps, channels, ...size] }]),
      ),
    features(params, observations) {
      const images = cameras.map((camera) => given(observations, imageInput(camera)));
      const [batch = 0, steps = 0] = images[0]?.shape ?? [];
      const flat = images.map((tensor) => reshape(tensor, [batch * steps, channels, ...size]));
      const y = encodeWith(encoder, params, flat.length === 1 ? (flat[0] as Tensor) : concat(flat, 0));
      const perCamera = reshape(y, [cameras.length, batch, steps, encoder.condSize]);
      return reshape(transpose(perCamera, [1, 2, 0, 3]), [batch, steps, cameras.length * encoder.condSize]);
    },
  };
}

/** The instruction, the same at all steps: `text` i64[B, N], ids of `textIds`. */
export function textPart(encoder: TextEncoder): ObservationPart {
  return {
    parameters: encoder.parameters,
    size: encoder.condSize,
    inputs: () => ({ [TEXT]: { dtype: "i64", shape: (batch) => [batch, encoder.tokens] } }),
    features: (params, observations) => encodeWith(encoder, params, given(observations, TEXT)),
  };
}

/** The observation encoder has looked that it is there. */
function given(observations: Observations, name: string): Tensor {
  return observations[name] as Tensor;
}

/** The parameters of a part are its encoder's, whose tree is not known where parts stand side by side. */
function encodeWith<P extends ParameterTree>(encoder: Encoder<P>, params: TracedTree, x: Tensor): Tensor {
  return encoder.encode(params as Traced<P>, x);
}
