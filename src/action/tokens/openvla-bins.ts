/** @file OpenVLA's tokenizer: 255 bins per dimension on [-1, 1], as the last ids of Llama's vocabulary. */

import { z } from "zod";
import { binFinder, evenlySpaced, middles } from "./bin-edges.ts";
import type { GridCodec } from "./codec.ts";
import { dimensionBins, type Bins } from "./dimension-bins.ts";
import { defineScheme } from "./scheme.ts";

const EDGES = 256;

const schema = z.strictObject({
  scheme: z.literal("openvla"),
  /** A; the released models have 7. */
  actionSize: z.int().min(1).default(7),
  /** Size of the text vocabulary whose last 256 ids are taken: 32000 in Llama 2. */
  textVocabulary: z.int().min(EDGES).default(32000),
});

/**
 * 256 edges make 255 bins, with 256 ids:
 *
 *     d = number of edges ≤ clamp(a), 1 … 256      absolute id = 32000 - d      id = d - 1
 *     decoded = center of bin min(d, 255) - 1
 *
 * d = 256 happens for a ≥ 1 alone, and ids 254 and 255 (absolute 31745 and 31744) both decode to the last center, 0.99608. The
 * relative id rises with the value, the absolute id falls.
 *
 * Source: openvla/openvla at c8f03f4, prismatic/vla/action_tokenizer.py, lines 14-72. It decodes any other id to the nearest of its
 * own; we refuse them.
 */
function openvlaBins(): Bins {
  const edges = evenlySpaced(-1, 1, EDGES);
  const centers = middles(edges);
  const last = centers.length;
  const binOf = binFinder(edges);
  return {
    low: -1,
    high: 1,
    centers: Float64Array.of(...centers, centers[last - 1] ?? 0),
    indexOf: (value) => (value >= 1 ? last : binOf(value)),
  };
}

/** OpenVLA on any number of dimensions. Nothing is fitted: its bounds are the normalizer's, quantiles q01 and q99 at -1 and 1. */
export const openvlaScheme = defineScheme({
  name: "openvla",
  schema,
  codec({ actionSize, textVocabulary }): GridCodec {
    const bins = openvlaBins();
    return dimensionBins("openvla", Array.from({ length: actionSize }, () => bins), { absoluteId: (id) => textVocabulary - 1 - id });
  },
  fit: ({ actionSize }) => ({ actionSize }),
});
