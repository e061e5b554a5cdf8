/** @file Time and observation as tokens that the actions of a transformer look at. */

import { add, concat, mish, reshape, ShapeError, type Tensor } from "#engine/graph";
import {
  encoderLayer, encoderLayerSpec, learnedPositionsSpec, linear, linearSpec, normal, zeros, type EncoderLayerSpec, type LinearSpec,
  type ParameterSpec, type Traced,
} from "#engine/nn";
import { timeFeatures, type TimeOptions } from "./time-features.ts";

export interface ConditionTokensSize {
  /** C; 0 where there is no observation. */
  readonly condSize: number;
  /** O: observations in the conditioning, one token each. Default 1. */
  readonly obsSteps?: number;
  /** D */
  readonly width: number;
  /** Encoder layers over the tokens; 0, the default, for an MLP on each. */
  readonly condLayers?: number;
  /** Tokens of time. Default 1. */
  readonly times?: number;
}

export type ConditionTokensSpec = {
  /** Where there are observations. */
  readonly condObsEmb?: LinearSpec;
  readonly condPosEmb: ParameterSpec;
  readonly encoder: ConditionEncoderSpec;
};

type ConditionEncoderSpec = { readonly 0: LinearSpec; readonly 2: LinearSpec } | { readonly layers: readonly EncoderLayerSpec[] };

const weight = normal(0.02);

/** A token per time and per observation. */
export function conditionTokenCount({ condSize, obsSteps = 1, times = 1 }: Omit<ConditionTokensSize, "width">): number {
  return times + (condSize === 0 ? 0 : obsSteps);
}

/** @throws RangeError when the conditioning does not consist of O observations of one size */
export function conditionTokensSpec(size: ConditionTokensSize): ConditionTokensSpec {
  const { condSize, obsSteps = 1, width, condLayers = 0 } = size;
  if (condSize % obsSteps !== 0) {
    throw new RangeError(`transformer: conditioning has ${condSize} features, expected a multiple of obsSteps, ${obsSteps}: a token per observation`);
  }
  return {
    ...(condSize === 0 ? {} : { condObsEmb: linearSpec(condSize / obsSteps, width, { role: "modulation", weight, bias: zeros }) }),
    condPosEmb: learnedPositionsSpec(conditionTokenCount(size), width, "modulation"),
    encoder: condLayers === 0 ? tokenMlpSpec(width) : { layers: Array.from({ length: condLayers }, () => encoderLayerSpec({ width, role, weight })) },
  };
}

const role = "condition";

function tokenMlpSpec(width: number): { readonly 0: LinearSpec; readonly 2: LinearSpec } {
  return {
    0: linearSpec(width, 4 * width, { role, weight, bias: zeros }),
    2: linearSpec(4 * width, width, { role, weight, bias: zeros }),
  };
}

/**
 * A token per time, then one per observation, oldest first: f32[B, times + O, D]; without observations f32[B, times, D].
 *
 * @param times f32[B] each
 * @param cond f32[B, C], the features of each observation one after the other
 */
export function conditionTokens(
  p: Traced<ConditionTokensSpec>,
  given: { readonly times: readonly Tensor[]; readonly cond: Tensor; readonly heads: number },
  options: TimeOptions,
): Tensor {
  const { times, cond, heads } = given;
  const [, tokens = 0, width = 0] = p.condPosEmb.shape;
  const time = reshape(timeFeatures(times, width, options), [-1, times.length, width]);
  const observed = p.condObsEmb === undefined ? [] : [observationTokens(p.condObsEmb, cond, tokens - times.length)];
  return encode(p.encoder, add(concat([time, ...observed], 1), p.condPosEmb), heads);
}

function observationTokens(embedding: Traced<LinearSpec>, cond: Tensor, observations: number): Tensor {
  const [batch = 0, condSize = 0] = cond.shape;
  const obsSize = embedding.weight.shape[1] ?? 0;
  if (condSize !== observations * obsSize) {
    throw new ShapeError(`transformer: cond is f32[B, ${condSize}], expected ${observations} observations of ${obsSize} features`);
  }
  return linear(embedding, reshape(cond, [batch, observations, obsSize]));
}

function encode(encoder: Traced<ConditionTokensSpec>["encoder"], tokens: Tensor, heads: number): Tensor {
  if ("layers" in encoder) return encoder.layers.reduce((x, layer) => encoderLayer(layer, x, { heads }), tokens);
  return linear(encoder[2], mish(linear(encoder[0], tokens)));
}
