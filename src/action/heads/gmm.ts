/** @file Mixture head: a handful of chunks with weights, each a Gaussian. */

import { gmmLogProb, maskedMean, type GaussianMixture } from "#action/losses";
import {
  add, broadcastTo, cast, div, exp, greater, log, logSoftmax, maximum, mul, neg, not, oneHot, reshape, scope, slice,
  softplus, sum, tanh, where, type Tensor,
} from "#engine/graph";
import { linear, linearSpec, normal, zeroLinearSpec, type Initializer, type LinearSpec, type ParameterTree, type Traced } from "#engine/nn";
import { chooseIndex, uniformsOf, type Choice } from "./draw-index.ts";
import type { ActionHead, ChunkSpec, ChunkTargets } from "./head.ts";
import { assertHeadInputs } from "./head-inputs.ts";
import type { Trunk } from "./trunk.ts";

export interface GmmHeadOptions {
  /** M. Default 5. */
  readonly modes?: number;
  /** Default true: a component is a whole chunk, chosen once. False: every step has a mixture of its own, as in robomimic. */
  readonly joint?: boolean;
  /** Smallest σ, in normalized units. Default 0.01; robomimic's configurations have 1e-4. */
  readonly minScale?: number;
  /** Means stay within ±this. Default 1; raise it for actions that are not normalized to [-1, 1]. */
  readonly meanLimit?: number;
  /** Which component acts. Default `"sampled"`, with its weight. */
  readonly choose?: Choice;
  /** Default true: when acting, σ is 1e-4, so a chunk is the mean of its component. False draws with the σ learned. */
  readonly lowNoise?: boolean;
}

interface GmmParameters<P extends ParameterTree> {
  readonly [name: string]: P | LinearSpec;
  readonly trunk: P;
  readonly logits: LinearSpec;
  readonly means: LinearSpec;
  readonly scales: LinearSpec;
}

/** σ in acting under `lowNoise`. */
const LOW_SCALE = 1e-4;

/** Size of the means before training, and how much they depend on the observation then. */
const FIRST_MEAN = 0.3;
const FIRST_SLOPE = 0.1;

/**
 * The head over a trunk:
 *
 *     p(a) = Σ_m π_m·Π_{h, d} N(a_hd; μ_mhd, σ_mhd)        μ = L·tanh(raw/L), σ = softplus(raw) + minScale
 *
 * The product runs over all valid steps of the chunk, so that one draw decides for one component and keeps to it. A mixture per
 * step (`joint: false`) may go left in one step and right in the next. The loss is -ln p(a) summed over the batch and divided by its
 * valid steps, so both forms have the same scale, and are equal with one component.
 *
 * A component that explains no chunk gets no gradient. So all begin alike but for their direction: means of the same length spread
 * over the directions of action space, equal weights, and σ = 0.7, wide enough that each has a share in every chunk.
 *
 * `noise` of `sample` holds the choice of each mixture first, then one number for every number of the chunk.
 *
 * Source: ARISE-Initiative/robomimic at d309eae, models/policy_nets.py, L494-541: numerics, five modes, and that acting with low
 * noise still draws the component. Deviation: the joint form and its start are ours.
 *
 * @throws RangeError for options out of range
 */
export function gmmHead<P extends ParameterTree>(
  trunk: Trunk<P>,
  chunk: ChunkSpec,
  options: GmmHeadOptions = {},
): ActionHead<GmmParameters<P>, never> {
  const { modes = 5, joint = true, minScale = 0.01, meanLimit = 1, choose = "sampled", lowNoise = true } = options;
  assertOptions({ modes, minScale, meanLimit });
  const { horizon, actionSize } = chunk;
  /** Mixtures per chunk and the numbers each speaks of: G·S = H·A. */
  const [G, S] = joint ? [1, horizon * actionSize] : [horizon, actionSize];
  const noiseShape = [G + G * S];
  const sizes = { chunk, condSize: trunk.condSize, noiseShape };

  const mixtureOf = (params: Traced<GmmParameters<P>>, cond: Tensor): GaussianMixture => {
    const features = scope("trunk", () => trunk.features(params.trunk, cond));
    const of = (layer: Traced<LinearSpec>, ...shape: number[]): Tensor => reshape(linear(layer, features), [-1, G, modes, ...shape]);
    return {
      logits: scope("logits", () => of(params.logits)),
      means: scope("means", () => mul(tanh(mul(of(params.means, S), 1 / meanLimit)), meanLimit)),
      logScales: scope("scales", () => log(add(softplus(of(params.scales, S)), minScale))),
    };
  };

  return {
    chunk,
    parameters: {
      trunk: trunk.parameters,
      logits: zeroLinearSpec(trunk.size, G * modes, "output"),
      means: linearSpec(trunk.size, G * modes * S, {
        role: "output",
        weight: normal(FIRST_SLOPE / Math.sqrt(trunk.size)),
        bias: spreadMeans(modes, actionSize, S),
      }),
      scales: zeroLinearSpec(trunk.size, G * modes * S, "output"),
    },
    hostInputs: {},
    noiseShape,

    loss(params, cond, targets) {
      assertHeadInputs("gmmHead", sizes, { cond, targets });
      return mixtureLoss(mixtureOf(params, cond), targets, G);
    },

    sample(params, cond, noise) {
      assertHeadInputs("gmmHead", sizes, { cond, noise });
      const { logits, means, logScales } = mixtureOf(params, cond);
      const index = chooseIndex(logits, choose === "sampled" ? uniformsOf(slice(noise, 1, 0, G)) : null); // [B, G]
      const isChosen = reshape(oneHot(index, modes, "bool"), [-1, G, modes, 1]);
      const chosen = (x: Tensor): Tensor => reshape(sum(where(isChosen, x, 0), 2), [-1, horizon, actionSize]);
      const z = reshape(slice(noise, 1, G), [-1, horizon, actionSize]);
      return add(chosen(means), mul(z, lowNoise ? LOW_SCALE : exp(chosen(logScales))));
    },
  };
}

/** -Σ ln p over valid mixtures / valid steps, and the mean entropy of the weights in nats. */
function mixtureLoss(mixture: GaussianMixture, { actions, isPad }: ChunkTargets, G: number) {
  const { logits, means, logScales } = mixture;
  const [B = 0, H = 0] = isPad.shape;
  const S = means.shape.at(-1) ?? 0;
  const isStep = reshape(not(isPad), [B, H, 1]);
  const isCounted = reshape(broadcastTo(isStep, actions.shape), [B, G, S]);
  const perMode = reshape(isCounted, [B, G, 1, S]);
  // A padded number is given the density 1 under every component: an error of 0 at a σ of 1/√2π.
  const kept: GaussianMixture = {
    logits,
    means: where(perMode, means, 0),
    logScales: where(perMode, logScales, -Math.log(2 * Math.PI) / 2),
  };
  const logP = gmmLogProb(kept, where(isCounted, reshape(actions, [B, G, S]), 0)); // [B, G]
  const isMixture = greater(sum(cast(isCounted, logP.dtype), -1), 0);
  const steps = maximum(sum(cast(isStep, logP.dtype)), 1);
  const logWeights = logSoftmax(logits);
  const entropy = neg(sum(mul(exp(logWeights), logWeights), -1));
  return { loss: div(sum(where(isMixture, neg(logP), 0)), steps), metrics: { entropy: maskedMean(entropy, isMixture) } };
}

/** A direction of action space for each component, the same in all steps. */
function spreadMeans(modes: number, actionSize: number, S: number): Initializer {
  return (out, random) => {
    const directions = Array.from({ length: modes }, () => Array.from({ length: actionSize }, () => random.normal()));
    for (let i = 0; i < out.length; i++) {
      const direction = directions[Math.floor(i / S) % modes] ?? [];
      out[i] = (FIRST_MEAN * Math.sqrt(actionSize) * (direction[i % actionSize] ?? 0)) / Math.hypot(...direction);
    }
  };
}

function assertOptions({ modes, minScale, meanLimit }: { readonly modes: number; readonly minScale: number; readonly meanLimit: number }): void {
  if (!Number.isInteger(modes) || modes < 1) throw new RangeError(`gmmHead: modes is ${modes}, expected an integer ≥ 1`);
  if (!(minScale > 0)) throw new RangeError(`gmmHead: minScale is ${minScale}, expected a number above 0`);
  if (!(meanLimit > 0)) throw new RangeError(`gmmHead: meanLimit is ${meanLimit}, expected a number above 0`);
}
