/** @file The heads that give a chunk, or a distribution of chunks, in one call: regression, Gaussian, mixture. */

import { gaussianHead, gmmHead, mlpTrunk, oftHead, regressionHead, type RegressionOptions } from "#action/heads";
import { huberLoss, l1Loss, mseLoss } from "#action/losses";
import { eraseHead } from "./erase-head.ts";
import type { HeadFacts } from "./head-facts.ts";
import type { HeadKind, HeadRequest } from "./head-kinds.ts";

export const REGRESSION_KINDS = {
  mse: regression("regression under the squared error: the mean of what was shown", { loss: mseLoss }),
  l1: regression("regression under the absolute error: the median of every number", { loss: l1Loss }),
  huber: regression("regression under Huber's error: squared when small, absolute when large", {
    loss: (prediction, target, weights) => huberLoss(prediction, target, { ...weights, delta: HUBER_DELTA }),
  }),
  "octo-mse": regression("as `mse`, squashed to ±5 as Octo does", { loss: mseLoss, squash: "octo" }),
  "octo-l1": regression("as `l1`, squashed to ±5 as Octo does", { loss: l1Loss, squash: "octo" }),
  oft: {
    ...oneAnswer("OpenVLA-OFT's MLP-ResNet over a token per step, under the absolute error", "oft.md"),
    // One network for every step.
    widthShare: 0.4,
    make: ({ spec: { width, blocks }, chunk, condSize }) => eraseHead(oftHead(chunk, { condSize, width, blocks })),
  },
  gaussian: {
    ...oneAnswer("a mean and a deviation for every number", "gaussian.md"),
    make: (request) => eraseHead(gaussianHead(trunkOf(request), request.chunk)),
  },
  gmm: {
    summary: "a mixture of five whole chunks, one of which is drawn",
    page: "gmm.md",
    modes: "joint",
    calls: "one",
    make: (request) => eraseHead(gmmHead(trunkOf(request), request.chunk)),
  },
} satisfies Readonly<Record<string, HeadKind>>;

/** Errors above a tenth of the normalized range count as outliers. */
const HUBER_DELTA = 0.1;

function regression(summary: string, options: RegressionOptions): HeadKind {
  const make: HeadKind["make"] = (request) => eraseHead(regressionHead(trunkOf(request), request.chunk, options));
  return { ...oneAnswer(summary, "regression.md"), make };
}

function oneAnswer(summary: string, page: string): HeadFacts {
  return { summary, page, modes: "none", calls: "one" };
}

const trunkOf = ({ spec: { width, blocks }, condSize }: HeadRequest) => mlpTrunk({ condSize, width, blocks });
