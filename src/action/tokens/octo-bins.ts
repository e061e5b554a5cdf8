/** @file Octo's discrete tokenizer: bins of equal width, or of equal mass under a standard normal. */

import { z } from "zod";
import { binFinder, evenlySpaced, middles } from "./bin-edges.ts";
import type { GridCodec } from "./codec.ts";
import { dimensionBins, type Bins } from "./dimension-bins.ts";
import { normalQuantile } from "./normal-distribution.ts";
import { boundsOf, boundsSchema, defineScheme } from "./scheme.ts";

/** Keeps the outer edges of the normal bins finite: ±4.7534. */
const MARGIN = 1e-6;

const schema = z.strictObject({
  scheme: z.literal("octo"),
  /** A */
  actionSize: z.int().min(1).default(7),
  /** `"uniform"`: bins of equal width on `bounds`; `"normal"`: of equal mass under N(0, 1). */
  binning: z.enum(["uniform", "normal"]).default("uniform"),
  /** [low, high] of the uniform bins, the same for all dimensions. Upstream's default is [0, 1], which takes every negative action for 0. */
  bounds: boundsSchema.default([-1, 1]),
  bins: z.int().min(1).default(256),
});

/**
 * Octo's tokenizer, the same bins for every dimension. Bin i covers [edge_i, edge_{i+1}) and decodes to its middle.
 *
 *     uniform: edge_i = low + i·(high - low)/K            normal: edge_i = Φ⁻¹(1e-6 + i·(1 - 2e-6)/K)
 *
 * Source: octo-models/octo at 241fb35, octo/model/components/tokenizers.py, lines 234-274 (`BinTokenizer`). Two deviations. Upstream's
 * normal bins turn a value outside ±4.7534 on either side into id 0, so that 6 becomes the most negative action; here it goes to the
 * nearest end bin. And where upstream clips to [low + 1e-6, high - 1e-6] before it looks for the uniform bin, ends are closed here,
 * which gives the same ids.
 */
export const octoScheme = defineScheme({
  name: "octo",
  schema,
  codec({ actionSize, binning, bounds: [low, high], bins }): GridCodec {
    const edges = binning === "uniform" ? evenlySpaced(low, high, bins + 1) : evenlySpaced(MARGIN, 1 - MARGIN, bins + 1).map(normalQuantile);
    const dimension: Bins = {
      low: edges[0] ?? 0,
      high: edges[bins] ?? 0,
      centers: middles(edges),
      indexOf: binFinder(edges),
    };
    return dimensionBins("octo", Array.from({ length: actionSize }, () => dimension));
  },
  fit(rows) {
    const bounds = boundsOf(rows);
    const low = Math.min(...bounds.map(([start]) => start));
    const high = Math.max(...bounds.map(([, end]) => end));
    return { actionSize: rows.actionSize, bounds: [low, high] as [number, number] };
  },
});
