/** @file Proximal policy optimization: policy, value, entropy, and staying near a base policy. */

import { add, assertShape, mul, type Tensor } from "#engine/graph";
import { klEstimate } from "./kl-estimate.ts";
import { maskedMean } from "./masked-mean.ts";
import { clipFraction, ppoPolicyLoss, type PolicySamples, type PpoPolicyOptions } from "./ppo-policy.ts";
import { ppoValueLoss, type ValueSamples } from "./ppo-value.ts";
import { validMask } from "./valid-mask.ts";

/** All of one shape; the terms whose tensors are missing are left out. */
export interface PpoBatch extends PolicySamples, Partial<Omit<ValueSamples, "isValid">> {
  /** f32[...] entropy of the policy where each sample was drawn. */
  readonly entropy?: Tensor;
  /** f32[...] ln π_base(sample) of the frozen policy that training started from; not of the policy that drew the samples. */
  readonly baseLogProb?: Tensor;
}

export interface PpoOptions extends PpoPolicyOptions {
  /** Default 0.5. */
  readonly valueWeight?: number;
  /** δ of clipped values; default: not clipped. */
  readonly valueClip?: number;
  /** Default 0. */
  readonly entropyWeight?: number;
  /** Weight of the divergence from the base policy; default 0. */
  readonly klWeight?: number;
}

export interface PpoLoss {
  /** f32[], minimized. */
  readonly loss: Tensor;
  /**
   * f32[] each, for logs: `policy`, `value`, `entropy`, `klToBase` before their weights, as far as the batch has them; `approxKl`,
   * an estimate of how far the policy has moved from the one that drew the samples, and `clipFraction`.
   */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/**
 * L = policy + w_v·value - w_e·entropy + w_k·KL(π ‖ π_base), each averaged over the samples that count.
 *
 * Two policies stand beside the one in training. The *old* one drew the samples; the ratio and its clip keep an update near it. The
 * *base* is the frozen start of fine-tuning; the last term keeps all of training near it. It is estimated by k3 on the samples, as
 * if π had drawn them, which is so in the first update after sampling and nearly so afterwards.
 *
 * @returns the loss; 0 if no sample counts
 * @throws ShapeError when the tensors do not go together; RangeError for a weight whose tensors are missing, or as the terms
 *
 * Source: Schulman et al. 2017, arXiv:1707.06347, eq. 9, to be minimized; terms: see `ppoPolicyLoss`, `ppoValueLoss`, `klEstimate`.
 */
export function ppoLoss(batch: PpoBatch, options: PpoOptions = {}): PpoLoss {
  assertTerms(batch, options);
  const { valueWeight = 0.5, valueClip, entropyWeight = 0, klWeight = 0 } = options;
  const { logProb, oldLogProb, isValid, value, returns, oldValue, entropy, baseLogProb } = batch;
  const terms: Record<string, readonly [weight: number, term: Tensor]> = { policy: [1, ppoPolicyLoss(batch, options)] };
  if (value !== undefined && returns !== undefined) {
    terms["value"] = [valueWeight, ppoValueLoss({ value, returns, oldValue, isValid }, valueClip)];
  }
  if (entropy !== undefined) terms["entropy"] = [-entropyWeight, meanEntropy(entropy, batch)];
  if (baseLogProb !== undefined) terms["klToBase"] = [klWeight, klEstimate({ logProb, otherLogProb: baseLogProb, isValid })];

  const loss = Object.values(terms).map(([weight, term]) => (weight === 1 ? term : mul(term, weight))).reduce((a, b) => add(a, b));
  const metrics = {
    ...Object.fromEntries(Object.entries(terms).map(([name, [, term]]) => [name, term])),
    approxKl: klEstimate({ logProb: oldLogProb, otherLogProb: logProb, isValid }),
    clipFraction: clipFraction(batch, options.clip),
  };
  return { loss, metrics };
}

function meanEntropy(entropy: Tensor, { logProb, isValid }: PolicySamples): Tensor {
  assertShape(entropy, logProb.shape, "ppoLoss: entropy");
  return maskedMean(entropy, validMask(isValid, logProb.shape, "ppoLoss"));
}

function assertTerms(batch: PpoBatch, options: PpoOptions): void {
  const needs = { valueWeight: ["value", "returns"], valueClip: ["value", "returns", "oldValue"], entropyWeight: ["entropy"], klWeight: ["baseLogProb"] } as const;
  for (const weight of ["valueWeight", "valueClip", "entropyWeight", "klWeight"] as const) {
    const missing = needs[weight].filter((name) => batch[name] === undefined);
    if (options[weight] !== undefined && missing.length > 0) {
      throw new RangeError(`ppoLoss: ${weight} is ${options[weight]}, but the batch has no ${missing.join(" and no ")}`);
    }
  }
  if ((batch.value === undefined) !== (batch.returns === undefined)) {
    throw new RangeError("ppoLoss: the batch has one of value and returns, expected both or none");
  }
}
