/** @file Push-T actions as tokens under several schemes: how many ids, how exact. `npx tsx examples/09-action-tokens.ts [folder]` */

import { ACTION, columnOf, featureStatistics, fitNormalizer, normalize } from "tendon/data";
import { readDataset } from "tendon/data/node";
import { fitCodec, gridCodec, TokenError, type CodecSpec } from "tendon/tokens";

const A = 2;
const dataset = await readDataset(process.argv[2] ?? "datasets/push-t");
const normalizer = fitNormalizer("limits", featureStatistics(dataset, ACTION));
const rows = Float32Array.from(dataset.episodes.flatMap((episode) => [...normalize(normalizer, columnOf(episode, ACTION))]));
console.log(`${rows.length / A} actions`);

/** Root mean squared error of a coordinate in units of [-1, 1], and bits per action that the ids carry. */
function measure(spec: CodecSpec): { readonly tokens: number; readonly vocabulary: number; readonly error: number; readonly bits: number } {
  const codec = gridCodec(spec);
  const ids = new Int32Array(codec.slots.length);
  const decoded = new Float64Array(A);
  const counts = new Map<string, number>();
  let squares = 0;
  for (let i = 0; i < rows.length; i += A) {
    codec.encode(rows.subarray(i, i + A), ids);
    codec.decode(ids, decoded);
    decoded.forEach((value, dim) => (squares += (value - (rows[i + dim] ?? NaN)) ** 2));
    counts.set(ids.join(), (counts.get(ids.join()) ?? 0) + 1);
  }
  const shares = [...counts.values()].map((count) => (count * A) / rows.length);
  const bits = shares.reduce((sum, share) => sum - share * Math.log2(share), 0);
  return { tokens: ids.length, vocabulary: codec.vocabulary, error: Math.sqrt(squares / rows.length), bits };
}

const schemes: Readonly<Record<string, CodecSpec>> = {
  "rt1": fitCodec("rt1", rows, A),
  "openvla": fitCodec("openvla", rows, A),
  "octo": fitCodec("octo", rows, A),
  "planar, equal widths": fitCodec("planar", rows, A, { gaussians: null }),
  "planar, fitted": fitCodec("planar", rows, A),
  "planar, fitted, no floor": fitCodec("planar", rows, A, { minSigma: 0 }),
  "planar, fitted, no floor, means": fitCodec("planar", rows, A, { minSigma: 0, decoding: "mean" }),
  "planar, fitted, 64 × 32": fitCodec("planar", rows, A, { phiBins: 64, rBins: 32 }),
};
for (const [name, spec] of Object.entries(schemes)) {
  const { tokens, vocabulary, error, bits } = measure(spec);
  console.log(`${name}: ${tokens} of ${vocabulary} ids, error ${error.toFixed(4)}, ${bits.toFixed(1)} bits`);
}

// A spec is plain JSON and goes with the policy. A value outside the bins is counted, an illegal sequence has a position.
const codec = gridCodec(JSON.parse(JSON.stringify(schemes["octo"])));
const ids = new Int32Array(A);
console.log(`clamped: ${codec.encode([0.5, 7], ids)} of ${A}; ids ${ids.join(" ")}`);
try {
  codec.decode([12], new Float64Array(A));
} catch (error) {
  if (error instanceof TokenError) console.log(`position ${error.position}: ${error.message}`);
}
