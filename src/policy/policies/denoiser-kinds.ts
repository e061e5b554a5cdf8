/** @file The networks that a diffusion, flow or one-step head can have, by name. */

import { residualMlp, type Denoiser } from "#action/heads";
import type { HeadRequest } from "./head-kinds.ts";

/** What times a denoiser is to be made for. */
export interface DenoiserTimes {
  readonly time: "flow" | "diffusion";
  readonly times: number;
}

type MakeDenoiser = (request: HeadRequest, times: DenoiserTimes) => Denoiser;

export const DENOISERS: Readonly<Record<string, MakeDenoiser>> = {
  mlp: ({ spec, chunk, condSize }, times) => erase(residualMlp(chunk, { condSize, ...times, ...spec })),
};

/** Forget which tree a network's parameters form, as a table of networks must. */
function erase<D>(denoiser: D): Denoiser {
  return denoiser as unknown as Denoiser;
}
