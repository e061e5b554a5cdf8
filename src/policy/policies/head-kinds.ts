/** @file The heads a policy can have, by name. */

import { diffusionHead, flowMatchingHead, oneStepHead, type ActionHead, type ChunkSpec, type Denoiser } from "#action/heads";
import type { CodecSpec, FastSpec } from "#action/tokens";
import { DENOISERS, type DenoiserKind, type DenoiserRequest } from "./denoiser-kinds.ts";
import { eraseHead } from "./erase-head.ts";
import type { HeadFacts } from "./head-facts.ts";
import type { PolicySpec } from "./network.ts";
import { REGRESSION_KINDS } from "./regression-kinds.ts";
import { TOKEN_KINDS } from "./token-kinds.ts";

/** Everything needed to make a policy's tokenizer again. */
export type TokenizerSpec = CodecSpec | FastSpec;

/** What a head is made from. */
export interface HeadRequest {
  readonly spec: PolicySpec;
  readonly chunk: ChunkSpec;
  /** C */
  readonly condSize: number;
}

/** What a head of this name is, and how it is made. */
export interface HeadKind extends HeadFacts {
  /**
   * How much narrower than an MLP over the whole chunk this network is to be by default: one that works on every step
   * of the chunk by itself does H times the work for the same width. Default 1.
   */
  readonly widthShare?: number;
  /** Why padded steps count in its loss beside steps that are not padded, where they do. */
  readonly countsPadding?: string;
  make(request: HeadRequest): ActionHead;
  /**
   * The tokenizer for the actions of a dataset, for heads of tokens.
   *
   * @param episodes f32[ticks * A] each, normalized
   */
  fitCodec?(episodes: readonly Float32Array[], chunk: ChunkSpec): TokenizerSpec;
}

const HEADS: Readonly<Record<string, HeadKind>> = {
  ...forEveryDenoiser("flow", (denoiser) => (request) => {
    const network = denoiser({ ...request, time: "flow" });
    return eraseHead(flowMatchingHead(network, request.chunk, { integrationSteps: request.spec.integrationSteps }));
  }),
  ...forEveryDenoiser("diffusion", (denoiser) => (request) => {
    const network = denoiser({ ...request, time: "diffusion" });
    return eraseHead(diffusionHead(network, request.chunk, { inferenceSteps: request.spec.integrationSteps }));
  }),
  "one-step": {
    summary: "MeanFlow: a flow taught to go all the way at once, over the residual MLP",
    page: "one-step.md",
    modes: "joint",
    calls: "one",
    make: (request) => eraseHead(oneStepHead(DENOISERS.mlp.make({ ...request, time: "flow", times: 2 }), request.chunk)),
  },
  ...REGRESSION_KINDS,
  ...TOKEN_KINDS,
};

export const HEAD_NAMES: readonly string[] = Object.keys(HEADS);

/** @throws RangeError for an unknown head, naming the ones there are */
export function headKind(name: string): HeadKind {
  // Names come from checkpoints: "constructor" would be found in every object.
  const kind = Object.hasOwn(HEADS, name) ? HEADS[name] : undefined;
  if (kind === undefined) throw new RangeError(`policyNetwork: there is no head "${name}"; heads are ${HEAD_NAMES.join(", ")}`);
  return kind;
}

/** One kind of head over each denoiser, named `FAMILY-DENOISER`. */
function forEveryDenoiser(
  family: string,
  make: (denoiser: (request: DenoiserRequest) => Denoiser) => HeadKind["make"],
): Record<string, HeadKind> {
  const kinds: [string, DenoiserKind][] = Object.entries(DENOISERS);
  return Object.fromEntries(
    kinds.map(([name, kind]) => [`${family}-${name}`, { ...kind, calls: "per integration step", make: make(kind.make) }]),
  );
}
