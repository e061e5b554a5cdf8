/** @file Gaussian head: a mean and a variance for every number of the chunk. */

import { gaussianNll, l1Loss, maskedMean, type GaussianNllOptions } from "#action/losses";
import { add, clip, exp, mul, not, reshape, scope, type Tensor } from "#engine/graph";
import { linear, linearSpec, zeroLinearSpec, type LinearSpec, type ParameterTree, type Traced } from "#engine/nn";
import type { ActionHead, ChunkSpec } from "./head.ts";
import { assertHeadInputs } from "./head-inputs.ts";
import type { Trunk } from "./trunk.ts";

export interface GaussianHeadOptions extends Pick<GaussianNllOptions, "beta"> {
  /** What acts: `"mean"`, which draws nothing, or `"drawn"`, the mean plus σ times noise. Default `"mean"`. */
  readonly acts?: "mean" | "drawn";
}

interface GaussianParameters<P extends ParameterTree> {
  readonly [name: string]: P | LinearSpec;
  readonly trunk: P;
  readonly mean: LinearSpec;
  readonly logVariance: LinearSpec;
}

/** ln σ² stays in this interval: σ between 0.0067 and 2.7 in normalized units. */
const LOG_VARIANCE_RANGE = [-10, 2] as const;

/**
 * The head over a trunk: μ and s = ln σ² are linear in its features, and every number of the chunk is N(μ, σ²) by itself.
 *
 * It says how sure it is, and an unsure mean costs less, so noisy steps pull less on the network than under a squared error. It has
 * one peak: where demonstrations part, the mean lies between them and σ is their distance. So the mean acts by default; noise
 * drawn for every number on its own would shake the robot, and serves exploration alone.
 *
 * σ starts at 1. Under the plain likelihood a mean that fits badly widens σ and then learns slowly; β = 0.5 cures that.
 *
 * Source: as `gaussianNll`.
 */
export function gaussianHead<P extends ParameterTree>(
  trunk: Trunk<P>,
  chunk: ChunkSpec,
  options: GaussianHeadOptions = {},
): ActionHead<GaussianParameters<P>, never> {
  const { horizon, actionSize } = chunk;
  const { acts = "mean", beta = 0 } = options;
  const size = horizon * actionSize;
  const noiseShape = acts === "mean" ? [0] : [horizon, actionSize];
  const sizes = { chunk, condSize: trunk.condSize, noiseShape };
  const predict = (params: Traced<GaussianParameters<P>>, cond: Tensor): { mean: Tensor; logVariance: Tensor } => {
    const features = scope("trunk", () => trunk.features(params.trunk, cond));
    const chunkOf = (layer: Traced<LinearSpec>): Tensor => reshape(linear(layer, features), [-1, horizon, actionSize]);
    return { mean: scope("mean", () => chunkOf(params.mean)), logVariance: scope("logVariance", () => chunkOf(params.logVariance)) };
  };

  return {
    chunk,
    parameters: {
      trunk: trunk.parameters,
      mean: linearSpec(trunk.size, size, { role: "output" }),
      logVariance: zeroLinearSpec(trunk.size, size, "output"),
    },
    hostInputs: {},
    noiseShape,

    loss(params, cond, targets) {
      assertHeadInputs("gaussianHead", sizes, { cond, targets });
      const { actions, isPad } = targets;
      const { mean, logVariance } = predict(params, cond);
      const loss = gaussianNll({ mean, logVariance, target: actions }, { isPad, beta, logVarianceRange: LOG_VARIANCE_RANGE });
      const isValid = reshape(not(isPad), [-1, horizon, 1]);
      const metrics = { l1: l1Loss(mean, actions, { isPad }), deviation: maskedMean(deviation(logVariance), isValid) };
      return { loss, metrics };
    },

    sample(params, cond, noise) {
      assertHeadInputs("gaussianHead", sizes, { cond, noise });
      const { mean, logVariance } = predict(params, cond);
      return acts === "mean" ? mean : add(mean, mul(deviation(logVariance), noise));
    },
  };
}

/** σ */
function deviation(logVariance: Tensor): Tensor {
  return exp(mul(clip(logVariance, ...LOG_VARIANCE_RANGE), 0.5));
}
