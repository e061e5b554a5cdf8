/** @file SigLIP's vision transformer: an image as tokens, one for every patch. */

import { add, geluTanh, reshape, scope, ShapeError, transpose, type Tensor } from "#engine/graph";
import {
  attend, fanIn, layerNorm, layerNormSpec, linear, linearSpec, mergeHeads, parameter, splitHeads, zeros, type LayerNormSpec, type LinearSpec,
  type Initializer, type ParameterSpec, type Traced,
} from "#engine/nn";

export interface SiglipSize {
  /** Side of the square images, px; a multiple of `patch`. */
  readonly image: number;
  /** Side of a patch, px. */
  readonly patch: number;
  /** D */
  readonly width: number;
  /** Layers. */
  readonly depth: number;
  /** Attention heads; divides D. */
  readonly heads: number;
  /** Width inside the feed-forward. */
  readonly hidden: number;
}

/** The shape-optimized 400 M model of 224 px in PaliGemma: 256 tokens. */
export const SIGLIP_SO400M: SiglipSize = { image: 224, patch: 14, width: 1152, depth: 27, heads: 16, hidden: 4304 };

/** Names follow transformers' `SiglipVisionTransformer`. */
export type SiglipSpec = Readonly<{
  /** `weight` f32[D, 3, patch, patch] of a patch, a row of f32[tokens, D] for its place. */
  embeddings: Readonly<{ patchEmbedding: Readonly<Record<"weight" | "bias", ParameterSpec>>; positionEmbedding: Readonly<{ weight: ParameterSpec }> }>;
  encoder: Readonly<{ layers: readonly SiglipLayerSpec[] }>;
  postLayernorm: LayerNormSpec;
}>;

type SiglipLayerSpec = Readonly<{
  layerNorm1: LayerNormSpec;
  selfAttn: Readonly<Record<"qProj" | "kProj" | "vProj" | "outProj", LinearSpec>>;
  layerNorm2: LayerNormSpec;
  mlp: Readonly<Record<"fc1" | "fc2", LinearSpec>>;
}>;

const role = "encoder";
const EPSILON = 1e-6;

/** Tokens of an image. @throws RangeError when patches do not tile it, or heads do not divide the width */
export function siglipTokens({ image, patch, width, heads }: SiglipSize): number {
  if (image % patch !== 0) throw new RangeError(`siglip: images of ${image} px, expected a multiple of the patch, ${patch} px`);
  if (width % heads !== 0) throw new RangeError(`siglip: width is ${width}, expected a multiple of the ${heads} heads`);
  return (image / patch) ** 2;
}

export function siglipSpec(size: SiglipSize): SiglipSpec {
  const { patch, width, depth, hidden } = size;
  const pixels = 3 * patch ** 2;
  const dense = (inputs: number, outputs: number): LinearSpec => linearSpec(inputs, outputs, { role, bias: zeros });
  return {
    embeddings: {
      patchEmbedding: {
        weight: parameter([width, 3, patch, patch], fanIn(pixels), { decay: true, role }),
        bias: parameter([width], zeros, { decay: false, role }),
      },
      positionEmbedding: { weight: parameter([siglipTokens(size), width], places, { decay: false, role }) },
    },
    encoder: {
      layers: Array.from({ length: depth }, () => ({
        layerNorm1: layerNormSpec(width, role),
        selfAttn: { qProj: dense(width, width), kProj: dense(width, width), vProj: dense(width, width), outProj: dense(width, width) },
        layerNorm2: layerNormSpec(width, role),
        mlp: { fc1: dense(width, hidden), fc2: dense(hidden, width) },
      })),
    },
    postLayernorm: layerNormSpec(width, role),
  };
}

/**
 * Row and column of a patch as sines and cosines, so that near ones begin alike, from where they are learned: of four parts of the features, sin and cos of the column, then of the row, at
 * frequencies from 1 down to 10000⁻¹; features left over are 0.
 *
 * Source: Beyer et al. 2022, arXiv:2205.01580, after Chen et al. 2021, arXiv:2104.02057.
 */
const places: Initializer = (out, _random, [tokens = 0, width = 0]) => {
  const [side, part] = [Math.sqrt(tokens), Math.floor(width / 4)];
  out.fill(0);
  for (let token = 0; token < tokens; token++) {
    const [row, column] = [Math.floor(token / side), token % side];
    for (let i = 0; i < part; i++) {
      const frequency = 10_000 ** -(part === 1 ? 0 : i / (part - 1));
      [Math.sin(column * frequency), Math.cos(column * frequency), Math.sin(row * frequency), Math.cos(row * frequency)].forEach((value, which) => (out[token * width + which * part + i] = value));
    }
  }
};

/**
 * Tokens of images, row by row of patches; no token stands for the whole.
 *
 * @param images f32[B, 3, s, s] in [-1, 1]
 * @returns f32[B, (s / patch)², D]
 *
 * Source: Zhai et al. 2023, arXiv:2303.15343, and Alabdulmohsin et al. 2023, arXiv:2305.13035; openpi, src/openpi/models/siglip.py at
 * 15a9616: learned places, normalization first with ε = 1e-6, GELU by tanh, no pooling.
 */
export function siglip(p: Traced<SiglipSpec>, images: Tensor, { heads }: Pick<SiglipSize, "heads">): Tensor {
  const tokens = scope("embeddings", () => add(patches(p.embeddings.patchEmbedding, images), p.embeddings.positionEmbedding.weight));
  const encoded = p.encoder.layers.reduce((x, layer, i) => scope(`layers.${i}`, () => siglipLayer(layer, x, heads)), tokens);
  return layerNorm(p.postLayernorm, encoded, EPSILON);
}

/** Patches do not overlap, so their convolution is a product of each with the weights: f32[B, patches, D]. */
function patches({ weight, bias }: Traced<SiglipSpec["embeddings"]["patchEmbedding"]>, images: Tensor): Tensor {
  const [width = 0, channels = 0, patch = 1] = weight.shape;
  const [batch = 0, , height = 0, breadth = 0] = images.shape;
  if (images.shape.length !== 4 || images.shape[1] !== channels || height % patch !== 0 || breadth % patch !== 0) {
    throw new ShapeError(`siglip: images are ${images.dtype}[${images.shape.join(", ")}], expected [B, ${channels}, s, s] with s a multiple of ${patch}`);
  }
  const [rows, columns] = [height / patch, breadth / patch];
  const tiles = transpose(reshape(images, [batch, channels, rows, patch, columns, patch]), [0, 2, 4, 1, 3, 5]);
  const flat = reshape(tiles, [batch, rows * columns, channels * patch * patch]);
  return linear({ weight: reshape(weight, [width, -1]), bias }, flat);
}

function siglipLayer(p: Traced<SiglipLayerSpec>, x: Tensor, heads: number): Tensor {
  const { qProj, kProj, vProj, outProj } = p.selfAttn;
  const n = layerNorm(p.layerNorm1, x, EPSILON);
  const [queries, keys, values] = [qProj, kProj, vProj].map((one) => splitHeads(linear(one, n), heads)) as [Tensor, Tensor, Tensor];
  const h = add(x, linear(outProj, mergeHeads(attend({ queries, keys, values }))));
  return add(h, linear(p.mlp.fc2, geluTanh(linear(p.mlp.fc1, layerNorm(p.layerNorm2, h, EPSILON)))));
}
