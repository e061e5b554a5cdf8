/** @file Cross-entropy of action tokens, with soft labels, focal weight and z-loss. */

import { tensorFrom } from "#engine/array";
import {
  add, assertDtype, cast, clip, constant, equal, exp, formatType, greaterEqual, less, log, logicalAnd, logSoftmax,
  logSumExp, mul, neg, not, oneHot, reshape, ShapeError, softmax, square, sub, sum, where, type Tensor,
} from "#engine/graph";
import { maskedMean } from "./masked-mean.ts";
import { validMask } from "./valid-mask.ts";

export interface TokenCrossEntropyOptions {
  /** bool, broadcast to the shape of the target; true where a token counts. Default: all count. */
  readonly isValid?: Tensor;
  /** Tokens with this id do not count, such as -100 for the prompt of a language model. */
  readonly ignoreId?: number;
  /** ε in [0, 1): this share of the label is spread evenly over all K ids, the target's own among them. Default 0. */
  readonly labelSmoothing?: number;
  /** σ > 0 in bins: for ids in order, the label is a Gaussian around the target. Default: the target alone. */
  readonly ordinalSigma?: number;
  /** γ ≥ 0: a term counts (1 - p)^γ, so that what is known already teaches less. Default 0. */
  readonly focalGamma?: number;
  /** c ≥ 0: adds c·(ln Σ exp(logits))², which keeps logits from drifting; 1e-4 is usual. Default 0. */
  readonly zLoss?: number;
}

/** Smallest 1 - p in the focal weight: its logarithm is taken, and float32 gives 0 there. */
const SMALLEST_REST = 1e-12;

/**
 * Mean over the tokens that count of
 *
 *     -Σ_j q_j·(1 - p_j)^γ·ln p_j + c·lse²        p = softmax(logits), lse = ln Σ_j exp(logits_j)
 *
 * with the label q = 1 at the target; or q_j ∝ exp(-½·((j - target)/σ)²) with `ordinalSigma`; and then
 * q ← (1 - ε)·q + ε/K with `labelSmoothing`. Tokens that do not count are in neither numerator nor denominator.
 *
 * The softmax runs over all K logits given. Of a language model's logits pass the slice of the action vocabulary; logits of
 * -∞ also take ids out, as long as the label is hard. Independent tokens per dimension are multi-modal per dimension only.
 *
 * @param logits f32[..., K]
 * @param target i64[...] in [0, K); a token that counts and lies outside makes the loss NaN
 * @returns f32[]; 0 if no token counts
 * @throws ShapeError when target or mask do not go with the logits; RangeError for an option outside its range
 *
 * Sources: label smoothing, Szegedy et al. 2015, arXiv:1512.00567, §7; focal weight, Lin et al. 2017, arXiv:1708.02002, eq. 4, for
 * actions Shafiullah et al. 2022 (BeT), arXiv:2206.11251; z-loss, Chowdhery et al. 2022 (PaLM), arXiv:2204.02311, §5; Gaussian
 * labels, Imani and White 2018, arXiv:1806.04613, there integrated over each bin, here its value at the bin.
 * With soft labels each term has its own focal weight, which no source defines.
 */
export function tokenCrossEntropy(logits: Tensor, target: Tensor, options: TokenCrossEntropyOptions = {}): Tensor {
  assertOptions(options);
  const { zLoss = 0 } = options;
  const K = vocabularySize(logits, target, "tokenCrossEntropy");
  const isCounted = countedTokens(target, options, "tokenCrossEntropy");

  const kept = where(reshape(isCounted, [...target.shape, 1]), logits, 0); // [..., K]
  const nll = neg(expectedLogProbability(logSoftmax(kept), target, options)); // [...]
  const loss = zLoss === 0 ? nll : add(nll, mul(square(logSumExp(kept)), zLoss));
  const isKnown = logicalAnd(greaterEqual(target, 0), less(target, K));
  return maskedMean(where(isKnown, loss, NaN), isCounted);
}

/** Σ_j q_j·(1 - p_j)^γ·ln p_j of every token, f32[...]. */
function expectedLogProbability(logP: Tensor, target: Tensor, options: TokenCrossEntropyOptions): Tensor {
  const { labelSmoothing = 0, ordinalSigma, focalGamma = 0 } = options;
  const K = logP.shape.at(-1) ?? 0;
  if (labelSmoothing === 0 && ordinalSigma === undefined) {
    // Picked, not multiplied by 0 and 1, so that ids with p = 0 elsewhere do no harm.
    const picked = sum(where(oneHot(target, K, "bool"), logP, 0), -1);
    return focused(picked, focalGamma);
  }
  const hard = ordinalSigma === undefined ? oneHot(target, K, logP.dtype) : ordinalLabel(target, ordinalSigma, logP);
  const label = add(mul(hard, 1 - labelSmoothing), labelSmoothing / K); // [..., K]
  return sum(mul(label, focused(logP, focalGamma)), -1);
}

/** (1 - p)^γ·ln p */
function focused(logP: Tensor, gamma: number): Tensor {
  if (gamma === 0) return logP;
  const rest = clip(sub(1, exp(logP)), SMALLEST_REST, 1);
  return mul(exp(mul(log(rest), gamma)), logP);
}

/** exp(-½·((j - target)/σ)²) over j = 0 … K-1, summing to 1; f32[..., K] */
function ordinalLabel(target: Tensor, sigma: number, like: Tensor): Tensor {
  const K = like.shape.at(-1) ?? 0;
  const bins = constant(tensorFrom(like.dtype, [K], Array.from({ length: K }, (_, j) => j)));
  const distance = mul(sub(bins, cast(reshape(target, [...target.shape, 1]), like.dtype)), 1 / sigma);
  return softmax(mul(square(distance), -0.5));
}

/**
 * K, once the target is known to go with the logits.
 *
 * @throws ShapeError
 */
export function vocabularySize(logits: Tensor, target: Tensor, who: string): number {
  assertDtype(target, "i64", `${who}: target`);
  const [K, expected] = [logits.shape.at(-1), logits.shape.slice(0, -1)];
  if (K === undefined || expected.join() !== target.shape.join()) {
    throw new ShapeError(`${who}: target is ${formatType(target)}, expected [${expected.join(", ")}] for logits ${formatType(logits)}`);
  }
  return K;
}

/**
 * bool[...] of the target's shape: valid, and not the id to ignore.
 *
 * @throws ShapeError
 */
export function countedTokens(target: Tensor, { isValid, ignoreId }: TokenCrossEntropyOptions, who: string): Tensor {
  const mask = validMask(isValid, target.shape, who);
  return ignoreId === undefined ? mask : logicalAnd(mask, not(equal(target, ignoreId)));
}

function assertOptions({ labelSmoothing = 0, ordinalSigma, focalGamma = 0, zLoss = 0 }: TokenCrossEntropyOptions): void {
  const fail = (name: string, value: number, expected: string): never => {
    throw new RangeError(`tokenCrossEntropy: ${name} is ${value}, expected ${expected}`);
  };
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) fail("labelSmoothing", labelSmoothing, "a number in [0, 1)");
  if (ordinalSigma !== undefined && !(ordinalSigma > 0)) fail("ordinalSigma", ordinalSigma, "a number of bins above 0");
  if (!(focalGamma >= 0)) fail("focalGamma", focalGamma, "a number ≥ 0");
  if (!(zLoss >= 0)) fail("zLoss", zLoss, "a number ≥ 0");
}
