/** @file The heads of tokens: classified in parallel or written one after the other, over each tokenizer. */

import { autoregressiveHead, fastHead, mlpTrunk, tokenClassificationHead, type ActionHead, type ChunkSpec } from "#action/heads";
import { fitCodec, fitFastToEpisodes, gridCodec, parseCodecSpec, type GridCodec, type SchemeName } from "#action/tokens";
import { eraseHead } from "./erase-head.ts";
import type { HeadKind, HeadRequest } from "./head-kinds.ts";

export const TOKEN_KINDS = {
  rt1: gridTokens(() => "rt1", inParallel),
  "openvla-bins": gridTokens(() => "openvla", inParallel),
  "octo-bins": gridTokens(() => "octo", inParallel),
  "spatial-bins": gridTokens(spatialScheme, inParallel),
  spatialvla: gridTokens(spatialScheme, inSequence),
  openvla: gridTokens(() => "openvla", inSequence),
  rt2: gridTokens(integerScheme, inSequence),
  fast: {
    fitCodec: (episodes, chunk) => fitFastToEpisodes(episodes, chunk),
    make(request) {
      const { spec: { width, blocks, obsSteps }, chunk, condSize } = request;
      const codec = codecOf(request);
      if (codec.scheme !== "fast") throw new RangeError(`policyNetwork: head "fast" got a tokenizer of scheme "${codec.scheme}", expected "fast"`);
      return eraseHead(fastHead(chunk, { codec, condSize, obsSteps, width, blocks }));
    },
  },
} satisfies Readonly<Record<string, HeadKind>>;

function gridTokens(
  schemeOf: (chunk: ChunkSpec) => SchemeName,
  make: (request: HeadRequest, codec: GridCodec) => ActionHead,
): HeadKind {
  return {
    fitCodec: (episodes, chunk) => fitCodec(schemeOf(chunk), joined(episodes), chunk.actionSize),
    make: (request) => make(request, gridCodec(parseCodecSpec(codecOf(request)))),
  };
}

function inParallel({ spec: { width, blocks }, chunk, condSize }: HeadRequest, codec: GridCodec): ActionHead {
  return eraseHead(tokenClassificationHead(mlpTrunk({ condSize, width, blocks }), chunk, { codec }));
}

function inSequence({ spec: { width, blocks, obsSteps }, chunk, condSize }: HeadRequest, codec: GridCodec): ActionHead {
  return eraseHead(autoregressiveHead(chunk, { codec, condSize, obsSteps, width, blocks }));
}

/** SpatialVLA's grid for 7-D actions, its likeness in the plane for 2-D. */
function spatialScheme({ actionSize }: ChunkSpec): SchemeName {
  if (actionSize === 7) return "spatialvla";
  if (actionSize === 2) return "planar";
  throw new RangeError(`a spatial grid is for actions of 7 or 2 dimensions, got ${actionSize}; choose another head`);
}

/** RT-2's eight integers for 8-D actions, which begin with "terminate"; for others the same bins without it. */
function integerScheme({ actionSize }: ChunkSpec): SchemeName {
  return actionSize === 8 ? "rt2" : "rt1";
}

/** @throws RangeError when there is none */
function codecOf({ spec: { head, codec } }: HeadRequest): NonNullable<HeadRequest["spec"]["codec"]> {
  if (codec !== null) return codec;
  throw new RangeError(`policyNetwork: head "${head}" got no tokenizer, expected the one fitted to its actions; take the one saved with the policy`);
}

function joined(episodes: readonly Float32Array[]): Float32Array {
  const rows = new Float32Array(episodes.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const episode of episodes) {
    rows.set(episode, at);
    at += episode.length;
  }
  return rows;
}
