/** @file The heads that give a chunk, or a distribution of chunks, in one call: regression, Gaussian, mixture. */

import { gaussianHead, gmmHead, mlpTrunk, oftHead, regressionHead, type RegressionOptions } from "#action/heads";
import { huberLoss, l1Loss, mseLoss } from "#action/losses";
import { eraseHead } from "./erase-head.ts";
import type { HeadKind, HeadRequest } from "./head-kinds.ts";

export const REGRESSION_KINDS = {
  mse: regression({ loss: mseLoss }),
  l1: regression({ loss: l1Loss }),
  huber: regression({ loss: (prediction, target, weights) => huberLoss(prediction, target, { ...weights, delta: HUBER_DELTA }) }),
  "octo-mse": regression({ loss: mseLoss, squash: "octo" }),
  "octo-l1": regression({ loss: l1Loss, squash: "octo" }),
  // One network for every step.
  oft: { widthShare: 0.4, make: ({ spec: { width, blocks }, chunk, condSize }) => eraseHead(oftHead(chunk, { condSize, width, blocks })) },
  gaussian: { make: (request) => eraseHead(gaussianHead(trunkOf(request), request.chunk)) },
  gmm: { make: (request) => eraseHead(gmmHead(trunkOf(request), request.chunk)) },
} satisfies Readonly<Record<string, HeadKind>>;

/** Errors above a tenth of the normalized range count as outliers. */
const HUBER_DELTA = 0.1;

function regression(options: RegressionOptions): HeadKind {
  return { make: (request) => eraseHead(regressionHead(trunkOf(request), request.chunk, options)) };
}

const trunkOf = ({ spec: { width, blocks }, condSize }: HeadRequest) => mlpTrunk({ condSize, width, blocks });
