/** @file Spatial softmax: where in the image each feature is. */

import { tensorFrom } from "#engine/array";
import { constant, gemm, reshape, ShapeError, softmax, formatType, type Tensor } from "#engine/graph";

/**
 * Expected place of each channel, its values taken as logits of a distribution over the pixels:
 *
 *     s_k(r, c) = softmax over r, c of a_k(r, c)        keypoint_k = (Σ s_k(r, c)·x_c, Σ s_k(r, c)·y_r)
 *
 * Columns lie at x from -1 to 1, left to right, rows at y from -1 to 1, top to bottom, ends included; a single one lies at 0.
 *
 * @param features f32[B, K, h, w], any values
 * @returns f32[B, K, 2], (x, y) in [-1, 1]
 * @throws ShapeError unless `features` are a batch of maps
 *
 * Source: Levine et al. 2016, arXiv:1504.00702, section 5.1; temperature 1, as in robomimic and LeRobot.
 */
export function spatialSoftmax(features: Tensor): Tensor {
  const [batch = 0, keypoints = 0, height = 0, width = 0] = features.shape;
  if (features.shape.length !== 4) throw new ShapeError(`spatialSoftmax: features are ${formatType(features)}, expected [B, K, h, w]`);
  const shares = softmax(reshape(features, [batch * keypoints, height * width]));
  return reshape(gemm(shares, places(height, width, features)), [batch, keypoints, 2]);
}

/** (x, y) of every pixel, row by row: f32[h·w, 2]. */
function places(height: number, width: number, { dtype }: Tensor): Tensor {
  const along = (index: number, count: number): number => (count === 1 ? 0 : (2 * index) / (count - 1) - 1);
  const values = Array.from({ length: height * width }, (_, pixel) => [
    along(pixel % width, width),
    along(Math.floor(pixel / width), height),
  ]);
  return constant(tensorFrom(dtype, [height * width, 2], values.flat()));
}
