/** @file The networks that a diffusion, flow or one-step head can have, by name. */

import { dpMlp, residualMlp, type Denoiser, type TimeOptions } from "#action/heads";
import type { ParameterTree } from "#engine/nn";
import type { HeadRequest } from "./head-kinds.ts";

/** What a denoiser is made from: the policy's sizes, and the times it is asked at. */
export interface DenoiserRequest extends HeadRequest, TimeOptions {}

type MakeDenoiser = (request: DenoiserRequest) => Denoiser;

/** The times and the size of the conditioning, as every network takes them. */
const common = ({ condSize, time = "flow", times = 1 }: DenoiserRequest) => ({ condSize, time, times });

export const DENOISERS = {
  mlp: (request) => erase(residualMlp(request.chunk, { ...common(request), ...request.spec })),
} satisfies Readonly<Record<string, MakeDenoiser>>;

/** Forget which tree a network's parameters form, as a table of networks must. */
function erase<P extends ParameterTree>(denoiser: Denoiser<P>): Denoiser {
  return denoiser as unknown as Denoiser;
}
