/** @file The ways in which a vector of time and observation modulates half a layer of a transformer. */

import { add, div, mean, mul, sqrt, standardize, type Tensor } from "#engine/graph";
import { layerNorm, normal, zeros, type Initializer, type LayerNormSpec, type Traced } from "#engine/nn";

/** Half a layer is x + after(inner(before(normalize(x)))), inner being attention or feed-forward. */
export interface Mechanism {
  /** How many vectors f32[B, 1, D] each half is given. */
  readonly vectors: number;
  /** How the weights of the vectors start; their biases start at 0. */
  readonly start: Initializer;
  /** Whether normalization has a learned gain and bias of its own. */
  readonly hasGain: boolean;
  /** @param norm where `hasGain` */
  normalize(x: Tensor, norm: Traced<LayerNormSpec> | undefined): Tensor;
  before(x: Tensor, given: readonly Tensor[]): Tensor;
  after(y: Tensor, given: readonly Tensor[]): Tensor;
}

export type MechanismName = "film" | "adaln" | "adaln-zero" | "ada-rms" | "additive";

const small = normal(0.02);
const unchanged = (x: Tensor): Tensor => x;
const ownGain = (x: Tensor, norm: Traced<LayerNormSpec> | undefined): Tensor => (norm === undefined ? x : layerNorm(norm, x));

/** x·(1 + scale) + shift */
const scaleAndShift = (x: Tensor, [scale, shift]: readonly Tensor[]): Tensor => add(mul(x, add(scale as Tensor, 1)), shift as Tensor);

const adaLn: Mechanism = {
  vectors: 2,
  start: small,
  hasGain: false,
  normalize: (x) => standardize(x),
  before: scaleAndShift,
  after: unchanged,
};

/** Sources of each: see `modulatedTransformer`; a mechanism reads as many vectors as it states. */
export const MECHANISMS: Readonly<Record<MechanismName, Mechanism>> = {
  /** γ·y + β, without "1 +" (Perez et al. 2017, arXiv:1709.07871). */
  film: {
    vectors: 2,
    start: small,
    hasGain: true,
    normalize: ownGain,
    before: unchanged,
    after: (y, [scale, shift]) => add(mul(y, scale as Tensor), shift as Tensor),
  },
  /** Scale and shift of the layer norm. */
  adaln: adaLn,
  /** The same, and a gate on what is added; all start at 0, so that every layer starts as the identity (arXiv:2212.09748). */
  "adaln-zero": {
    ...adaLn,
    vectors: 3,
    start: zeros,
    after: (y, [, , gate]) => mul(y, gate as Tensor),
  },
  /** As `adaln`, the mean left in (arXiv:1910.07467); ε is PyTorch's, the distance from 1 to the next float32. */
  "ada-rms": {
    ...adaLn,
    normalize: (x) => div(x, sqrt(add(mean(mul(x, x), -1, { keepDims: true }), 2 ** -23))),
  },
  /** A vector on what is added, from 0. */
  additive: {
    vectors: 1,
    start: zeros,
    hasGain: true,
    normalize: ownGain,
    before: unchanged,
    after: (y, [shift]) => add(y, shift as Tensor),
  },
};

/** @throws RangeError for a mechanism that there is not, naming those there are */
export function mechanismOf(name: MechanismName): Mechanism {
  if (Object.hasOwn(MECHANISMS, name)) return MECHANISMS[name];
  throw new RangeError(`modulatedTransformer: there is no mechanism "${name}"; mechanisms are ${Object.keys(MECHANISMS).join(", ")}`);
}
