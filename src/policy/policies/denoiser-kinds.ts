/** @file The networks that a diffusion, flow or one-step head can have, by name. */

import {
  conditionalUnet, dpMlp, modulatedTransformer, octoDenoiser, prefixTransformer, residualMlp, tinyVlaUnet, transformer,
  type Denoiser, type MechanismName, type TimeOptions,
} from "#action/heads";
import type { ParameterTree } from "#engine/nn";
import type { HeadRequest } from "./head-kinds.ts";
import type { PolicySpec } from "./network.ts";

/** What a denoiser is made from: the policy's sizes, and the times it is asked at. */
export interface DenoiserRequest extends HeadRequest, TimeOptions {}

type MakeDenoiser = (request: DenoiserRequest) => Denoiser;

/** The times and the size of the conditioning, as every network takes them. */
const common = ({ condSize, time = "flow", times = 1 }: DenoiserRequest) => ({ condSize, time, times });

/** How a denoiser of this name is made. */
export interface DenoiserKind {
  readonly make: MakeDenoiser;
  /** As in `HeadKind`. */
  readonly widthShare?: number;
}

export const DENOISERS = {
  mlp: { make: (request) => erase(residualMlp(request.chunk, { ...common(request), ...request.spec })) },
  octo: { make: (request) => erase(octoDenoiser(request.chunk, { ...common(request), ...request.spec })) },
  unet: convolving((request) => erase(conditionalUnet(request.chunk, { ...common(request), ...unetSize(request.spec) }))),
  tinyvla: convolving((request) => erase(tinyVlaUnet(request.chunk, { ...common(request), ...unetSize(request.spec) }))),
  "dp-mlp": perStep((request) => erase(dpMlp(request.chunk, { ...common(request), ...request.spec }))),
  transformer: perStep(crossAttention),
  "transformer-film": perStep(modulated("film", "feed-forward")),
  // One transformer, conditioned in seven ways.
  film: perStep(modulated("film")),
  adaln: perStep(modulated("adaln")),
  "adaln-zero": perStep(modulated("adaln-zero")),
  "ada-rms": perStep(modulated("ada-rms")),
  additive: perStep(modulated("additive")),
  "cross-attention": perStep(crossAttention),
  prefix: perStep((request) => erase(prefixTransformer(request.chunk, { ...common(request), ...request.spec }))),
} satisfies Readonly<Record<string, DenoiserKind>>;

/** A network that does its work once for every step of the chunk. */
function perStep(make: MakeDenoiser): DenoiserKind {
  return { make, widthShare: 0.4 };
}

/** A network that works on every step, but on most of them at half and a quarter of its width. */
function convolving(make: MakeDenoiser): DenoiserKind {
  return { make, widthShare: 0.8 };
}

function crossAttention(request: DenoiserRequest): Denoiser {
  return erase(transformer(request.chunk, { ...common(request), ...request.spec }));
}

function modulated(mechanism: MechanismName, modulates: "both" | "feed-forward" = "both"): MakeDenoiser {
  return (request) => erase(modulatedTransformer(request.chunk, { ...common(request), ...request.spec, mechanism, modulates }));
}

/** D at the deepest level, half of it per level above: every group of channels keeps at least four. */
function unetSize({ width }: PolicySpec): { downDims: number[]; timeSize: number } {
  const downDims = [width / 4, width / 2, width].map((channels) => Math.max(32, 32 * Math.round(channels / 32)));
  return { downDims, timeSize: 128 };
}

/** Forget which tree a network's parameters form, as a table of networks must. */
function erase<P extends ParameterTree>(denoiser: Denoiser<P>): Denoiser {
  return denoiser as unknown as Denoiser;
}
