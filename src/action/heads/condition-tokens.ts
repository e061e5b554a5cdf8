/** @file Time and observation as tokens that the actions of a transformer look at. */

import { add, concat, mish, reshape, ShapeError, type Tensor } from "#engine/graph";
import {
  encoderLayer, encoderLayerSpec, learnedPositionsSpec, linear, linearSpec, normal, zeros, type EncoderLayerSpec, type LinearSpec,
  type ParameterSpec, type Traced,
} from "#engine/nn";
import { timeFeatures, type TimeOptions } from "./time-features.ts";

export interface ConditionTokensSize {
  /** C */
  readonly condSize: number;
  /** O: observations in the conditioning, one token each. */
  readonly obsSteps: number;
  /** D */
  readonly width: number;
  /** Encoder layers over the tokens; 0 for an MLP on each. */
  readonly condLayers: number;
  /** Tokens of time. */
  readonly times: number;
}

export interface ConditionTokensSpec {
  readonly [name: string]: LinearSpec | ParameterSpec | ConditionEncoderSpec;
  readonly condObsEmb: LinearSpec;
  readonly condPosEmb: ParameterSpec;
  readonly encoder: ConditionEncoderSpec;
}

type ConditionEncoderSpec = { readonly 0: LinearSpec; readonly 2: LinearSpec } | { readonly layers: readonly EncoderLayerSpec[] };

const weight = normal(0.02);

/** @throws RangeError when the conditioning does not consist of O observations of one size */
export function conditionTokensSpec({ condSize, obsSteps, width, condLayers, times }: ConditionTokensSize): ConditionTokensSpec {
  if (condSize % obsSteps !== 0) {
    throw new RangeError(`transformer: conditioning has ${condSize} features, expected a multiple of obsSteps, ${obsSteps}: a token per observation`);
  }
  return {
    condObsEmb: linearSpec(condSize / obsSteps, width, { role: "modulation", weight, bias: zeros }),
    condPosEmb: learnedPositionsSpec(times + obsSteps, width, "modulation"),
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
 * A token per time, then one per observation, oldest first: f32[B, times + O, D].
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
  const observations = tokens - times.length;
  const [batch = 0, condSize = 0] = cond.shape;
  const obsSize = p.condObsEmb.weight.shape[1] ?? 0;
  if (condSize !== observations * obsSize) {
    throw new ShapeError(`transformer: cond is f32[B, ${condSize}], expected ${observations} observations of ${obsSize} features`);
  }
  const time = reshape(timeFeatures(times, width, options), [batch, times.length, width]);
  const observed = linear(p.condObsEmb, reshape(cond, [batch, observations, obsSize]));
  return encode(p.encoder, add(concat([time, observed], 1), p.condPosEmb), heads);
}

function encode(encoder: Traced<ConditionTokensSpec>["encoder"], tokens: Tensor, heads: number): Tensor {
  if ("layers" in encoder) return encoder.layers.reduce((x, layer) => encoderLayer(layer, x, { heads }), tokens);
  return linear(encoder[2], mish(linear(encoder[0], tokens)));
}
