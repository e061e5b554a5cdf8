/** @file Regression head: one chunk per observation, under any loss between chunks. */

import { l1Loss, type ChunkWeights } from "#action/losses";
import { mul, reshape, scope, tanh, type Tensor } from "#engine/graph";
import { linear, linearSpec, type LinearSpec, type ParameterTree, type Traced } from "#engine/nn";
import type { ActionHead, ChunkSpec } from "./head.ts";
import { assertHeadInputs } from "./head-inputs.ts";
import type { Trunk } from "./trunk.ts";

/** `mseLoss`, `l1Loss`, `huberLoss`, `smoothL1Loss`, or another of their form: f32[B, H, A] twice, and what counts → f32[]. */
export type ChunkLoss = (prediction: Tensor, target: Tensor, weights: ChunkWeights) => Tensor;

/** What is done to the numbers of the output layer to make actions of them. */
export type Squash = "none" | "octo";

export interface RegressionOptions {
  readonly loss: ChunkLoss;
  /**
   * Default `"none"`. `"octo"` is 5·tanh(x/5), the identity around 0 and never beyond ±5, for actions that are normalized to
   * mean 0 and deviation 1.
   */
  readonly squash?: Squash;
}

interface RegressionParameters<P extends ParameterTree> {
  readonly [name: string]: P | LinearSpec;
  readonly trunk: P;
  readonly output: LinearSpec;
}

/**
 * The head over a trunk: squash(W·features + b) is the chunk. It draws nothing, in training or in acting.
 *
 * One observation gives one chunk. Where demonstrations disagree it is the mean of their chunks under a squared error and the
 * median of every number under an absolute one, and may be none of them.
 *
 * Source of `"octo"`: octo-models/octo at 241fb35, model/components/action_heads.py, `ContinuousActionHead`, arXiv:2405.12213.
 * Deviations: the chunk comes from features of the observation where Octo pools readout tokens, and its loss is the mean over
 * dimensions, where Octo multiplies that by A.
 */
export function regressionHead<P extends ParameterTree>(
  trunk: Trunk<P>,
  chunk: ChunkSpec,
  { loss, squash = "none" }: RegressionOptions,
): ActionHead<RegressionParameters<P>, never> {
  const { horizon, actionSize } = chunk;
  const sizes = { chunk, condSize: trunk.condSize };
  const act = SQUASHES[squash];
  const predict = (params: Traced<RegressionParameters<P>>, cond: Tensor): Tensor => {
    const features = scope("trunk", () => trunk.features(params.trunk, cond));
    return scope("output", () => act(reshape(linear(params.output, features), [-1, horizon, actionSize])));
  };

  return {
    chunk,
    parameters: { trunk: trunk.parameters, output: linearSpec(trunk.size, horizon * actionSize, { role: "output" }) },
    hostInputs: {},
    noiseShape: [0],

    loss(params, cond, targets) {
      assertHeadInputs("regressionHead", sizes, { cond, targets });
      const { actions, isPad } = targets;
      const prediction = predict(params, cond);
      return { loss: loss(prediction, actions, { isPad }), metrics: { l1: l1Loss(prediction, actions, { isPad }) } };
    },

    sample(params, cond) {
      assertHeadInputs("regressionHead", sizes, { cond });
      return predict(params, cond);
    },
  };
}

const OCTO_LIMIT = 5;

const SQUASHES: Readonly<Record<Squash, (x: Tensor) => Tensor>> = {
  none: (x) => x,
  octo: (x) => mul(tanh(mul(x, 1 / OCTO_LIMIT)), OCTO_LIMIT),
};
