/** @file Advantage-weighted regression: imitate what turned out well, more. */

import { assertDtype, assertShape, exp, minimum, mul, neg, stopGradient, where, type Tensor } from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

export interface AdvantageWeightOptions {
  /** λ > 0, in units of the advantage: smaller is greedier. */
  readonly temperature: number;
  /** Largest weight, > 0. */
  readonly maxWeight: number;
}

/**
 * Constants of published methods.
 *
 * - `awr`: Peng et al. 2019, arXiv:1910.00177, λ = 1 for advantages of unit variance, weights up to 20.
 * - `awac`: Nair et al. 2020, arXiv:2006.09359, with the cap of tinkoff-ai/CORL at 6afec90, algorithms/offline/awac.py.
 * - `iql`: Kostrikov et al. 2021, arXiv:2110.06169, β = 3 (10 for AntMaze); β is 1/λ. ikostrikov/implicit_q_learning at 09d7002.
 */
export const ADVANTAGE_WEIGHTS = {
  awr: { temperature: 1, maxWeight: 20 },
  awac: { temperature: 1, maxWeight: 100 },
  iql: { temperature: 1 / 3, maxWeight: 100 },
} as const satisfies Readonly<Record<string, AdvantageWeightOptions>>;

/**
 * w = min(exp(A / λ), w_max). No gradient passes.
 *
 * The weights are not normalized: with λ fixed, a batch that is better than expected counts more.
 *
 * @param advantage f32[...] A = Q - V
 * @returns f32[...] in (0, w_max]
 * @throws RangeError when λ or w_max is not above 0
 *
 * Source: Peng et al. 2019, arXiv:1910.00177, algorithm 1 and section 5.2.
 */
export function advantageWeights(advantage: Tensor, options: AdvantageWeightOptions): Tensor {
  const { temperature, maxWeight } = options;
  for (const [name, value] of Object.entries({ temperature, maxWeight })) {
    if (!(value > 0 && value < Infinity)) throw new RangeError(`advantageWeights: ${name} is ${value}, expected a number above 0`);
  }
  // Capped before the exponential, which would overflow.
  return stopGradient(exp(minimum(mul(advantage, 1 / temperature), Math.log(maxWeight))));
}

/** All of one shape. */
export interface WeightedSamples {
  /** f32[...] what imitation would maximize: ln π of the recorded action, or minus the loss of a flow or diffusion head per chunk. */
  readonly logProb: Tensor;
  /** f32[...] A of the recorded action; no gradient passes. */
  readonly advantage: Tensor;
  /** bool, broadcast to [...]: true where a sample counts. Default: everywhere. */
  readonly isValid?: Tensor | undefined;
}

/**
 * -w·ln π, averaged over the samples that count: the sum is divided by their number, not by the sum of weights.
 *
 * @returns f32[]; 0 if no sample counts
 * @throws ShapeError when the tensors do not go together; RangeError as `advantageWeights`
 *
 * Source: Peng et al. 2019, arXiv:1910.00177, algorithm 1; Kostrikov et al. 2021, arXiv:2110.06169, eq. 7.
 */
export function advantageWeightedLoss(samples: WeightedSamples, options: AdvantageWeightOptions): Tensor {
  const { logProb, advantage } = samples;
  assertShape(advantage, logProb.shape, "advantageWeightedLoss: advantage");
  assertDtype(advantage, logProb.dtype, "advantageWeightedLoss: advantage");
  const isValid = validMask(samples.isValid, logProb.shape, "advantageWeightedLoss");
  // Selected before the product, so that a NaN advantage that does not count sends no NaN to ln π, nor the reverse.
  const weights = advantageWeights(where(isValid, advantage, 0), options);
  return neg(maskedMean(mul(weights, where(isValid, logProb, 0)), isValid));
}
