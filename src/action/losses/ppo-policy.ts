/** @file The policy term of proximal policy optimization: a clipped ratio of probabilities. */

import {
  add, assertDtype, assertShape, cast, clip, div, equal, exp, less, maximum, minimum, mul, neg, not, sqrt, square, stopGradient, sub, sum, where, type Tensor,
} from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

/** All of one shape. A sample is what got one advantage: an action, or an executed chunk. */
export interface PolicySamples {
  /**
   * f32[...] ln π(sample) under the policy in training, summed over the A dimensions, and over the executed steps of a chunk: a mean
   * would take a root of the ratio.
   */
  readonly logProb: Tensor;
  /** f32[...] the same under the policy that drew the samples; no gradient passes. */
  readonly oldLogProb: Tensor;
  /** f32[...] how much better a sample was than expected; no gradient passes. */
  readonly advantage: Tensor;
  /** bool, broadcast to [...]: true where a sample counts. Default: everywhere. */
  readonly isValid?: Tensor | undefined;
}

export interface PpoPolicyOptions {
  /** ε: the ratio is worth changing between 1 - ε and 1 + ε; a number in (0, 1), or f32 that broadcasts to the samples. Default 0.2. */
  readonly clip?: number | Tensor;
  /** c > 1: for a negative advantage A the objective is at least c·A, however large the ratio. Default: no such bound; 3 is usual. */
  readonly dualClip?: number;
  /** Shift and scale the advantages of the batch to mean 0 and standard deviation 1. Default false. */
  readonly normalizesAdvantage?: boolean;
}

/** e²⁰ is far outside every trust region, and its products with advantages are finite in float32. */
const LARGEST_LOG_RATIO = 20;

/**
 * -min(r·A, clip(r, 1 - ε, 1 + ε)·A), averaged over the samples that count, with r = π / π_old.
 *
 * With `dualClip`, max(that minimum, c·A) where A < 0. ln r is clamped to ±20, so that an overflowing ratio cannot turn a gradient
 * of 0 into NaN; beyond that there is no gradient, also for A < 0, where the formula has one without bound.
 *
 * A flow or diffusion head that samples without noise after its start has no such log-probability. Treat each denoising step as an
 * action with Gaussian noise (DPPO, `denoisingClips`), or weigh the head's own loss by `advantageWeights`.
 *
 * @returns f32[]; 0 if no sample counts
 * @throws ShapeError when the tensors do not go together; RangeError for a `clip` or `dualClip` outside its range
 *
 * Source: Schulman et al. 2017, arXiv:1707.06347, eq. 7; dual clip: Ye et al. 2019, arXiv:1912.09729; normalization:
 * vwxyzjn/cleanrl at fe8d8a0, ppo_continuous_action.py.
 */
export function ppoPolicyLoss(samples: PolicySamples, options: PpoPolicyOptions = {}): Tensor {
  const { dualClip, normalizesAdvantage = false } = options;
  assertOptions(options);
  const isValid = validMask(samples.isValid, samples.logProb.shape, "ppoPolicyLoss");
  const ratio = policyRatio(samples);
  const given = stopGradient(where(isValid, samples.advantage, 0));
  const advantage = normalizesAdvantage ? normalizeAdvantage(given, isValid) : given;

  const bounded = minimum(mul(ratio, advantage), mul(clipRatio(ratio, options.clip), advantage));
  if (dualClip === undefined) return neg(maskedMean(bounded, isValid));
  return neg(maskedMean(where(less(advantage, 0), maximum(bounded, mul(advantage, dualClip)), bounded), isValid));
}

/**
 * Share of the samples whose ratio is outside its clip range.
 *
 * @returns f32[] in [0, 1]
 * @throws as `ppoPolicyLoss`
 */
export function clipFraction(samples: PolicySamples, clipTo?: number | Tensor): Tensor {
  const { logProb } = samples;
  const ratio = policyRatio(samples);
  const isClipped = not(equal(ratio, clipRatio(ratio, clipTo)));
  return maskedMean(cast(isClipped, logProb.dtype), validMask(samples.isValid, logProb.shape, "clipFraction"));
}

/**
 * (A - mean) / (s + 1e-8) over the samples that count, with s² the unbiased variance; 0 for a single sample.
 *
 * @param advantage f32[...]
 * @param isValid bool[...]
 */
export function normalizeAdvantage(advantage: Tensor, isValid: Tensor): Tensor {
  const centred = where(isValid, sub(advantage, maskedMean(advantage, isValid)), 0);
  const freedom = maximum(sub(sum(cast(isValid, advantage.dtype)), 1), 1);
  return div(centred, add(sqrt(div(sum(square(centred)), freedom)), 1e-8));
}

/** r, 1 where a sample does not count. */
function policyRatio({ logProb, oldLogProb, advantage, isValid }: PolicySamples): Tensor {
  for (const [name, tensor] of Object.entries({ oldLogProb, advantage })) {
    assertShape(tensor, logProb.shape, `ppoPolicyLoss: ${name}`);
    assertDtype(tensor, logProb.dtype, `ppoPolicyLoss: ${name}`);
  }
  const mask = validMask(isValid, logProb.shape, "ppoPolicyLoss");
  const logRatio = where(mask, sub(logProb, stopGradient(oldLogProb)), 0);
  return exp(clip(logRatio, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO));
}

function clipRatio(ratio: Tensor, range: number | Tensor = 0.2): Tensor {
  if (typeof range === "number") return clip(ratio, 1 - range, 1 + range);
  return minimum(maximum(ratio, sub(1, range)), add(1, range));
}

function assertOptions({ clip: range = 0.2, dualClip = 2 }: PpoPolicyOptions): void {
  if (typeof range === "number" && !(range > 0 && range < 1)) {
    throw new RangeError(`ppoPolicyLoss: clip is ${range}, expected a number in (0, 1)`);
  }
  if (!(dualClip > 1)) throw new RangeError(`ppoPolicyLoss: dualClip is ${dualClip}, expected a number above 1`);
}
