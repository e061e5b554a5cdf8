/** @file What the graphs of a π0 model have to do at least: floating-point operations, and bytes of weights. */

import { INT4_BLOCK } from "#engine/graph";
import { memoryTokens, type GraphSizes, type Pi0Network } from "#policy/policies";

/** Of one run of a graph at batch 1. */
export interface Work {
  /** 2 for every product of two numbers that is added up. */
  readonly flop: number;
  /** Of the weights that products read, each time they read them. */
  readonly bytes: number;
}

/** Bytes of a weight of the layers: in 4 bits, half a byte and its part of the scale of a block. All other weights are floats in both formats. */
const LAYER_WEIGHT_BYTES = { f32: 4, int4: 0.5 + 4 / INT4_BLOCK } as const;
const FLOAT_BYTES = 4;

/** Products of so many tokens with matrices of so many numbers, of so many bytes each. */
function products(tokens: number, weights: number, weightBytes: number): Work {
  return { flop: 2 * tokens * weights, bytes: weightBytes * weights };
}

/** Scores of queries against keys, and the mean of values by them. */
function attention(queries: number, keys: number, width: number): Work {
  return { flop: 4 * queries * keys * width, bytes: 0 };
}

function sum(...parts: readonly Work[]): Work {
  return { flop: parts.reduce((total, { flop }) => total + flop, 0), bytes: parts.reduce((total, { bytes }) => total + bytes, 0) };
}

function repeated({ flop, bytes }: Work, times: number): Work {
  return { flop: flop * times, bytes: bytes * times };
}

export interface GraphWork {
  /** One camera. */
  readonly see: Work;
  readonly prefix: Work;
  readonly steps: Work;
}

export interface WorkSizes extends Pick<GraphSizes, "cameras" | "promptTokens"> {
  readonly format: keyof typeof LAYER_WEIGHT_BYTES;
}

/** Norms, activations and softmax are left out: they are many, and small. */
export function workOf(network: Pi0Network, { format, ...sizes }: WorkSizes): GraphWork {
  const { size: { trunk: { vision, language }, expert, chunk: { horizon, actionSize } }, head } = network;
  const patches = (vision.image / vision.patch) ** 2;
  const [heads, kv] = [language.heads * language.headSize, (language.kvHeads ?? 1) * language.headSize];
  const tokens = memoryTokens(network, sizes);
  const inLayers = (count: number, weights: number): Work => products(count, weights, LAYER_WEIGHT_BYTES[format]);
  const layerOf = (width: number, hidden: number): number => 2 * width * heads + 2 * width * kv + 3 * width * hidden;
  const seeLayer = sum(inLayers(patches, 4 * vision.width ** 2 + 2 * vision.width * vision.hidden), attention(patches, patches, vision.width));
  const prefixLayer = sum(inLayers(tokens, layerOf(language.width, language.hidden)), attention(tokens, tokens, heads));
  const expertLayer = sum(inLayers(horizon, layerOf(expert.width, expert.hidden)), attention(horizon, tokens + 1 + horizon, heads));
  const ends = products(horizon, 2 * actionSize * expert.width + 2 * expert.width ** 2, FLOAT_BYTES);
  return {
    // The projector behind the tower is stored as the layers are.
    see: sum(products(patches, 3 * vision.patch ** 2 * vision.width, FLOAT_BYTES), inLayers(patches, vision.width * language.width), repeated(seeLayer, vision.depth)),
    // Of the last layer only keys and values are needed.
    prefix: sum(repeated(prefixLayer, language.depth - 1), inLayers(tokens, 2 * language.width * kv)),
    steps: repeated(sum(repeated(expertLayer, language.depth), ends), head.integrationSteps),
  };
}
