/** @file The networks that a diffusion, flow or one-step head can have, by name. */

import {
  conditionalUnet, dpMlp, modulatedTransformer, octoDenoiser, prefixTransformer, residualMlp, tinyVlaUnet, transformer,
  type Denoiser, type MechanismName, type TimeOptions,
} from "#action/heads";
import type { ParameterTree } from "#engine/nn";
import type { HeadFacts } from "./head-facts.ts";
import type { HeadRequest } from "./head-kinds.ts";
import type { PolicySpec } from "./network.ts";

/** What a denoiser is made from: the policy's sizes, and the times it is asked at. */
export interface DenoiserRequest extends HeadRequest, TimeOptions {}

type MakeDenoiser = (request: DenoiserRequest) => Denoiser;

/** The times and the size of the conditioning, as every network takes them. */
const common = ({ condSize, time = "flow", times = 1 }: DenoiserRequest) => ({ condSize, time, times });

/** Width and depth, where the network has both. */
const size = ({ spec: { width, blocks } }: DenoiserRequest) => ({ width, blocks });

/** What a denoiser of this name is, and how it is made. */
export interface DenoiserKind extends Omit<HeadFacts, "calls"> {
  readonly make: MakeDenoiser;
  /** As in `HeadKind`. */
  readonly widthShare?: number;
}

/** Width of a network that does its work once for every step of the chunk. */
const PER_STEP = 0.4;
/** Of one that works on every step, but on most of them at half and a quarter of its width. */
const CONVOLVING = 0.5;

export const DENOISERS = {
  mlp: {
    ...facts("the chunk as one vector through a residual MLP", "mlp.md"),
    make: (request) => erase(residualMlp(request.chunk, { ...common(request), ...size(request) })),
  },
  octo: {
    ...facts("Octo's score network, an MLP told time and observation once", "octo.md"),
    make: (request) => erase(octoDenoiser(request.chunk, { ...common(request), ...size(request) })),
  },
  unet: {
    ...facts("Diffusion Policy's convolutional U-Net, DP-C", "unet.md"),
    widthShare: CONVOLVING,
    make: (request) => erase(conditionalUnet(request.chunk, { ...common(request), ...unetSize(request.spec) })),
  },
  tinyvla: {
    ...facts("the U-Net behind TinyVLA's adapter of language features", "unet.md"),
    widthShare: CONVOLVING,
    make: (request) => erase(tinyVlaUnet(request.chunk, { ...common(request), ...unetSize(request.spec) })),
  },
  "dp-mlp": {
    ...facts("DP-MLP: every step of the chunk by itself through an MLP", "dp-mlp.md"),
    modes: "per-step",
    widthShare: PER_STEP,
    make: (request) => erase(dpMlp(request.chunk, { ...common(request), ...size(request) })),
  },
  transformer: transformerKind("Diffusion Policy's transformer, DP-T: cross-attention over observations", crossAttention),
  "transformer-film": transformerKind("DP-T-FiLM: a transformer scaled and shifted in its feed-forwards", modulated("film", "feed-forward")),
  // Its layers conditioned in other ways.
  film: transformerKind("a transformer scaled and shifted behind attention and feed-forward", modulated("film")),
  adaln: transformerKind("a transformer scaled and shifted behind its norms", modulated("adaln")),
  "adaln-zero": transformerKind("as `adaln`, with gates that start closed", modulated("adaln-zero")),
  "ada-rms": transformerKind("as `adaln`, with norms that subtract no mean", modulated("ada-rms")),
  additive: transformerKind("a transformer shifted, not scaled", modulated("additive")),
  prefix: transformerKind("a transformer that reads time and observations as its first tokens", (request) =>
    erase(prefixTransformer(request.chunk, { ...common(request), ...size(request), obsSteps: request.spec.obsSteps }))),
} satisfies Readonly<Record<string, DenoiserKind>>;

function facts(summary: string, page: string): Omit<HeadFacts, "calls"> {
  return { summary, page, modes: "joint" };
}

function transformerKind(summary: string, make: MakeDenoiser): DenoiserKind {
  return { ...facts(summary, "transformer.md"), widthShare: PER_STEP, make };
}

function crossAttention(request: DenoiserRequest): Denoiser {
  return erase(transformer(request.chunk, { ...common(request), ...size(request), obsSteps: request.spec.obsSteps }));
}

function modulated(mechanism: MechanismName, modulates: "both" | "feed-forward" = "both"): MakeDenoiser {
  return (request) => erase(modulatedTransformer(request.chunk, { ...common(request), ...size(request), mechanism, modulates }));
}

/**
 * D at the deepest level, half of it per level above: every group of channels keeps at least four. As many levels, up to three, as the
 * horizon can be halved for, and windows no wider than the deepest level can fill: beyond, weights would never be used.
 */
function unetSize({ width, horizon }: PolicySpec): { downDims: number[]; kernelSize: number; timeSize: number } {
  const lengths = [horizon, horizon / 2, horizon / 4];
  const levels = 1 + [1, 2].filter((level) => lengths.slice(1, level + 1).every((length) => Number.isInteger(length) && length >= 2)).length;
  const downDims = [width / 4, width / 2, width].slice(-levels).map((channels) => Math.max(32, 32 * Math.round(channels / 32)));
  const deepest = lengths[levels - 1] ?? horizon;
  return { downDims, kernelSize: 2 * Math.min(3, deepest) - 1, timeSize: 128 };
}

/** Forget which tree a network's parameters form, as a table of networks must. */
function erase<P extends ParameterTree>(denoiser: Denoiser<P>): Denoiser {
  return denoiser as unknown as Denoiser;
}
