/** @file The heads of tokens: classified in parallel or written one after the other, over each tokenizer. */

import { autoregressiveHead, fastHead, mlpTrunk, tokenClassificationHead, type ActionHead, type ChunkSpec } from "#action/heads";
import { fitCodec, fitFastToEpisodes, gridCodec, parseCodecSpec, type CodecSpec, type GridCodec, type SchemeName } from "#action/tokens";
import { eraseHead } from "./erase-head.ts";
import type { HeadFacts } from "./head-facts.ts";
import type { HeadKind, HeadRequest } from "./head-kinds.ts";

/**
 * Tokens are drawn cooler than they were learned. A rare token is a cell far away, and a chunk has many tokens: on the
 * fork a short training of the planar grid solved 43 % of episodes at 1, 74 % at 0.5 and 95 % at 0.25, where one side began
 * to win.
 */
export const TEMPERATURE = 0.3;

/** A transformer over the tokens of a chunk, as the transformers over its actions. */
const SEQUENCE_SHARE = 0.4;

export const TOKEN_KINDS = {
  rt1: parallelTokens("RT-1's 256 values per number, all tokens at once", uniform("rt1")),
  "openvla-bins": parallelTokens("OpenVLA's 255 bins per number, all tokens at once", uniform("openvla")),
  "octo-bins": parallelTokens("Octo's 256 bins per number, all tokens at once", uniform("octo")),
  "spatial-bins": parallelTokens("cells of SpatialVLA's grid, all tokens at once", spatial),
  spatialvla: tokenSequence("cells of SpatialVLA's grid, one token after the other", spatial),
  openvla: tokenSequence("OpenVLA's 255 bins per number, one token after the other", uniform("openvla")),
  rt2: tokenSequence("RT-2's integers, one token after the other", integers),
  fast: {
    ...inSequenceFacts("FAST: a few tokens for a smooth chunk, one after the other", "fast.md"),
    widthShare: SEQUENCE_SHARE,
    countsPadding: "a token speaks of a frequency, so of all steps at once",
    fitCodec: (episodes, chunk) => fitFastToEpisodes(episodes, chunk),
    make(request) {
      const { spec: { width, blocks, obsSteps }, chunk, condSize } = request;
      const codec = codecOf(request);
      if (codec.scheme !== "fast") throw new RangeError(`policyNetwork: head "fast" got a tokenizer of scheme "${codec.scheme}", expected "fast"`);
      return eraseHead(fastHead(chunk, { codec, condSize, obsSteps, width, blocks, temperature: TEMPERATURE }));
    },
  },
} satisfies Readonly<Record<string, HeadKind>>;

function parallelTokens(summary: string, fit: FitCodec): HeadKind {
  return { summary, page: "token-classification.md", modes: "per-token", calls: "one", ...gridTokens(fit, inParallel) };
}

function tokenSequence(summary: string, fit: FitCodec): HeadKind {
  return { ...inSequenceFacts(summary, "autoregressive.md"), widthShare: SEQUENCE_SHARE, ...gridTokens(fit, inSequence) };
}

function inSequenceFacts(summary: string, page: string): HeadFacts {
  return { summary, page, modes: "joint", calls: "per token" };
}

function gridTokens(
  fit: FitCodec,
  make: (request: HeadRequest, codec: GridCodec) => ActionHead,
): Pick<HeadKind, "make" | "fitCodec"> {
  return {
    fitCodec: (episodes, chunk) => fit(joined(episodes), chunk),
    make: (request) => make(request, gridCodec(parseCodecSpec(codecOf(request)))),
  };
}

function inParallel({ spec: { width, blocks }, chunk, condSize }: HeadRequest, codec: GridCodec): ActionHead {
  return eraseHead(tokenClassificationHead(mlpTrunk({ condSize, width, blocks }), chunk, { codec, temperature: TEMPERATURE }));
}

function inSequence({ spec: { width, blocks, obsSteps }, chunk, condSize }: HeadRequest, codec: GridCodec): ActionHead {
  return eraseHead(autoregressiveHead(chunk, { codec, condSize, obsSteps, width, blocks, temperature: TEMPERATURE }));
}

/** A tokenizer for these actions, f32[n * A] normalized. */
type FitCodec = (rows: Float32Array, chunk: ChunkSpec) => CodecSpec;

function uniform(scheme: SchemeName): FitCodec {
  return (rows, { actionSize }) => fitCodec(scheme, rows, actionSize);
}

/** Cells of the planar grid, finest first. */
const PLANAR_GRIDS = [{ phiBins: 64, rBins: 32 }, { phiBins: 32, rBins: 16 }] as const;
/** A cell that is met more seldom is not learned. */
const ACTIONS_PER_CELL = 10;

/**
 * SpatialVLA's grid for 7-D actions, its likeness in the plane for 2-D. The latter is as fine as the data can fill: Push-T's
 * 25,650 commanded places fill 64 × 32 cells, where a quarter of them would double the error to 9 px.
 */
function spatial(rows: Float32Array, { actionSize }: ChunkSpec): CodecSpec {
  if (actionSize === 7) return fitCodec("spatialvla", rows, actionSize);
  if (actionSize === 2) {
    const filled = PLANAR_GRIDS.find(({ phiBins, rBins }) => rows.length / 2 >= ACTIONS_PER_CELL * phiBins * rBins);
    return fitCodec("planar", rows, actionSize, filled ?? PLANAR_GRIDS[1]);
  }
  throw new RangeError(`a spatial grid is for actions of 7 or 2 dimensions, got ${actionSize}; choose another head`);
}

/** RT-2's eight integers for 8-D actions, which begin with "terminate"; for others the same bins without it. */
function integers(rows: Float32Array, { actionSize }: ChunkSpec): CodecSpec {
  return fitCodec(actionSize === 8 ? "rt2" : "rt1", rows, actionSize);
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
