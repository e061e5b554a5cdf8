/** @file What the graphs of a π0 model have to do at least: floating-point operations, and bytes of weights. */

import { memoryTokens, type GraphSizes, type Pi0Network } from "#policy/policies";

/** Of one run of a graph at batch 1. */
export interface Work {
  /** 2 for every product of two numbers that is added up. */
  readonly flop: number;
  /** Weights that a product reads, as numbers, each time it reads them. */
  readonly weights: number;
}

/** Products of so many tokens with matrices of so many numbers. */
function products(tokens: number, weights: number, times: number = 1): Work {
  return { flop: 2 * tokens * weights * times, weights: weights * times };
}

/** Scores of queries against keys, and the mean of values by them. */
function attention(queries: number, keys: number, width: number): Work {
  return { flop: 4 * queries * keys * width, weights: 0 };
}

function sum(...parts: readonly Work[]): Work {
  return { flop: parts.reduce((total, { flop }) => total + flop, 0), weights: parts.reduce((total, { weights }) => total + weights, 0) };
}

function repeated({ flop, weights }: Work, times: number): Work {
  return { flop: flop * times, weights: weights * times };
}

export interface GraphWork {
  /** One camera. */
  readonly see: Work;
  readonly prefix: Work;
  readonly steps: Work;
}

/** Norms, activations and softmax are left out: they are many, and small. */
export function workOf(network: Pi0Network, sizes: Pick<GraphSizes, "cameras" | "promptTokens">): GraphWork {
  const { size: { trunk: { vision, language }, expert, chunk: { horizon, actionSize } }, head } = network;
  const patches = (vision.image / vision.patch) ** 2;
  const [heads, kv] = [language.heads * language.headSize, (language.kvHeads ?? 1) * language.headSize];
  const tokens = memoryTokens(network, sizes);
  const layerOf = (width: number, hidden: number): number => 2 * width * heads + 2 * width * kv + 3 * width * hidden;
  const seeLayer = sum(products(patches, 4 * vision.width ** 2 + 2 * vision.width * vision.hidden), attention(patches, patches, vision.width));
  const prefixLayer = sum(products(tokens, layerOf(language.width, language.hidden)), attention(tokens, tokens, heads));
  const expertLayer = sum(products(horizon, layerOf(expert.width, expert.hidden)), attention(horizon, tokens + 1 + horizon, heads));
  const ends = products(horizon, 2 * actionSize * expert.width + 2 * expert.width ** 2);
  return {
    see: sum(products(patches, 3 * vision.patch ** 2 * vision.width + vision.width * language.width), repeated(seeLayer, vision.depth)),
    // Of the last layer only keys and values are needed.
    prefix: sum(repeated(prefixLayer, language.depth - 1), products(tokens, 2 * language.width * kv)),
    steps: repeated(sum(repeated(expertLayer, language.depth), ends), head.integrationSteps),
  };
}
