/** @file FAST: a chunk as byte-pair tokens of its rounded cosine coefficients. */

import { z } from "zod";
import { bytePairEncoder, type Merge } from "./byte-pairs.ts";
import { TokenError, type SequenceCodec } from "./codec.ts";
import { fastCoefficients } from "./fast-coefficients.ts";

const COUNT = z.int().positive();
const ID = z.int().nonnegative();

/**
 * A fitted FAST tokenizer as plain JSON. Ids 0 … alphabet-1 stand for one coefficient each, `minSymbol` and up, where
 * alphabet = vocabulary - merges.length; id alphabet + i stands for what the two ids of `merges[i]` stand for.
 */
export const fastSpecSchema = z
  .strictObject({
    scheme: z.literal("fast"),
    horizon: COUNT.describe("H, steps"),
    actionSize: COUNT.describe("A"),
    scale: z.number().positive().describe("steps per unit of a coefficient"),
    minSymbol: z.int().describe("the least coefficient, times scale"),
    vocabulary: COUNT.describe("K: ids are 0 … K-1"),
    merges: z.array(z.tuple([ID, ID])).describe("pairs of ids that become one, earliest first"),
    longest: COUNT.optional().describe("tokens of the longest chunk of the data, where they were counted"),
  })
  .superRefine((spec, context) => {
    const problem = mergeProblem(spec);
    if (problem !== undefined) context.addIssue({ code: "custom", path: ["merges"], message: problem });
  });

export type FastSpec = z.infer<typeof fastSpecSchema>;

/**
 * The FAST tokenizer of a spec. A chunk goes to the DCT along time, times `scale`, rounded half to even, low
 * frequencies first, and from there to byte pairs.
 *
 * Deviations from the published tokenizer, both so that no chunk is ever lost: byte pairs are learned on integers
 * instead of characters of UTF-8, with every coefficient of the range a token of its own; and `decode` refuses a
 * sequence of the wrong length with its position, where upstream returns an all-zero chunk and lerobot pads.
 * `encode` returns how many coefficients lay outside the range and were clamped to its ends.
 *
 * Source: Pertsch et al. 2025, arXiv:2501.09747, section V-B; physical-intelligence/fast
 * `processing_action_tokenizer.py`.
 *
 * @throws RangeError for anything but a spec that `fitFast` made
 */
export function fastCodec(spec: FastSpec): SequenceCodec {
  const { horizon, actionSize, minSymbol, vocabulary, merges } = fittedSpec(spec);
  const alphabet = vocabulary - merges.length;
  const size = horizon * actionSize;
  const symbols = symbolsOf(spec);
  const toTokens = bytePairEncoder(merges.map(([left, right], i): Merge => ({ left, right, id: alphabet + i })));
  const coefficients = fastCoefficients("fastCodec", spec);
  const indices = new Int32Array(size);
  const decoded = new Float64Array(size);

  return {
    scheme: spec.scheme,
    horizon,
    actionSize,
    vocabulary,
    symbols,
    encode(chunk) {
      let clamped = 0;
      const values = coefficients.of(chunk);
      for (let i = 0; i < size; i++) {
        const index = (values[i] ?? 0) - minSymbol;
        indices[i] = Math.min(Math.max(index, 0), alphabet - 1);
        if (indices[i] !== index) clamped += 1;
      }
      return { ids: toTokens(indices), clamped };
    },
    decode(ids, chunk) {
      appendAll(ids, symbols, decoded);
      coefficients.restore(decoded, chunk);
    },
  };
}

/** Write what the ids stand for, one after the other. */
function appendAll(ids: ArrayLike<number>, symbols: readonly Int32Array[], out: Float64Array): void {
  let filled = 0;
  for (let position = 0; position < ids.length; position++) {
    const values = symbols[ids[position] ?? -1];
    if (values === undefined) {
      throw new TokenError(`fastCodec: id ${ids[position]} at position ${position}, expected 0 … ${symbols.length - 1}`, position);
    }
    if (filled + values.length > out.length) {
      const most = `expected no more than ${out.length - filled} of the ${out.length} of a chunk`;
      throw new TokenError(`fastCodec: id ${ids[position]} at position ${position} adds ${values.length} coefficients, ${most}`, position);
    }
    out.set(values, filled);
    filled += values.length;
  }
  if (filled < out.length) {
    const got = `the ${ids.length} ids hold ${filled} coefficients, expected ${out.length}`;
    throw new TokenError(`fastCodec: ${got}; the sequence ends too early, at position ${ids.length}`, ids.length);
  }
}

/** The coefficients every id stands for. */
function symbolsOf({ minSymbol, vocabulary, merges }: FastSpec): Int32Array[] {
  const symbols = Array.from({ length: vocabulary - merges.length }, (_, i) => Int32Array.of(minSymbol + i));
  for (const [left, right] of merges) symbols.push(Int32Array.of(...(symbols[left] ?? []), ...(symbols[right] ?? [])));
  return symbols;
}

function fittedSpec(spec: FastSpec): FastSpec {
  const result = fastSpecSchema.safeParse(spec);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const what = [issue?.path.join("."), issue?.message].filter(Boolean).join(": ");
  throw new RangeError(
    `fastCodec: not a fitted FAST tokenizer (${what}); make one with fitFast, or read published files with publishedFast`,
  );
}

/** Why merges cannot be applied, if they cannot: every id must be known before it is used, and fit into a chunk. */
function mergeProblem({ horizon, actionSize, vocabulary, merges }: FastSpec): string | undefined {
  const alphabet = vocabulary - merges.length;
  if (alphabet < 1) return `${merges.length} merges leave no room for single coefficients in a vocabulary of ${vocabulary}`;
  const lengths = new Array<number>(alphabet).fill(1);
  for (const [i, [left, right]] of merges.entries()) {
    const length = (lengths[left] ?? NaN) + (lengths[right] ?? NaN);
    if (Number.isNaN(length)) return `merge ${i} joins ${left} and ${right}, expected ids below ${alphabet + i}`;
    // Lengths can double with every merge, so this also bounds the table of symbols.
    if (length > horizon * actionSize) return `merge ${i} stands for ${length} coefficients, a chunk has ${horizon * actionSize}`;
    lengths.push(length);
  }
  return undefined;
}
