/** @file π0's head with a second teacher for the trunk: it also writes the chunk as tokens, and the expert's errors may stay out of it. */

import { tokenAccuracy, tokenCrossEntropy } from "#action/losses";
import { fastCodec, type FastSpec } from "#action/tokens";
import { add, greaterEqual, logicalAnd, maximum, mul, stopGradient, type Tensor } from "#engine/graph";
import type { GemmaMemory } from "#engine/nn";
import type { ActionExpertSpec } from "./action-expert.ts";
import type { ActionHead } from "./head.ts";
import type { Pi0Condition } from "./pi0.ts";
import { hasValidStep, longestSequence, sequenceTargets } from "./sequence-targets.ts";

/** What the trunk knows, and what it would write. */
export interface WritingCondition extends Pi0Condition {
  /** Tokens i64[B, N] in [0, K) → f32[B, N, K]: logits of each, given the prefix and the tokens before it. */
  write(tokens: Tensor): Tensor;
}

export interface TokenLossOptions {
  /** FAST tokens of a chunk. */
  readonly codec: FastSpec;
  /** Of the tokens' cross-entropy beside the flow's squared errors. */
  readonly weight: number;
  /** Whether what the expert gets wrong teaches the expert alone, and not the trunk that it looks into. Default true. */
  readonly insulated?: boolean;
  /** N. Default as many as `fastHead` takes. */
  readonly maxTokens?: number;
}

/**
 * Flow loss + weight · cross-entropy of the chunk's FAST tokens, written by the trunk's language model behind the prefix. Acting does not change: the expert draws chunks, and the
 * tokens are not seen by it.
 *
 * Insulated, the flow loss changes the expert alone, through features of the trunk that are taken as they are: the trunk learns what to do from tokens, without the
 * noise of a flow loss over an expert that knows nothing yet.
 *
 * Tokens speak of all steps at once: padded ones count as they stand, in a chunk that has a valid step.
 *
 * @throws RangeError when the codec is made for other chunks, or the weight is not finite and ≥ 0
 *
 * Source: Driess et al. 2025, arXiv:2505.23705; π0.5, arXiv:2504.16054.
 */
export function pi0HeadWithTokens(head: ActionHead<ActionExpertSpec, string, Pi0Condition>, options: TokenLossOptions): ActionHead<ActionExpertSpec, string, WritingCondition> {
  const { codec: spec, weight, insulated = true, maxTokens = longestSequence(spec) } = options;
  const { horizon, actionSize } = head.chunk;
  if (spec.horizon !== horizon || spec.actionSize !== actionSize) {
    throw new RangeError(`pi0HeadWithTokens: the codec is for chunks of ${spec.horizon} steps of ${spec.actionSize}, expected ${horizon} steps of ${actionSize}; fit one to such chunks`);
  }
  if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`pi0HeadWithTokens: weight is ${weight}, expected a finite number ≥ 0`);
  return {
    ...head,
    hostInputs: { ...head.hostInputs, tokens: sequenceTargets("pi0HeadWithTokens", fastCodec(spec), maxTokens) },

    loss(params, cond, targets, { tokens, ...draws }) {
      const ids = tokens as Tensor; // one of the host inputs
      const flow = head.loss(params, insulated ? { ...cond, memory: asItIs(cond.memory) } : cond, targets, draws);
      const isValid = logicalAnd(greaterEqual(ids, 0), hasValidStep(targets.isPad));
      const known = maximum(ids, 0);
      const logits = cond.write(known);
      const written = tokenCrossEntropy(logits, known, { isValid });
      return {
        loss: add(flow.loss, mul(written, weight)),
        metrics: { ...flow.metrics, flow: flow.loss, tokens: written, accuracy: tokenAccuracy(logits, known, isValid) },
      };
    },
  };
}

/** A memory that lets no gradient back. */
function asItIs(memory: GemmaMemory): GemmaMemory {
  return { ...memory, layers: memory.layers.map(({ keys, values }) => ({ keys: stopGradient(keys), values: stopGradient(values) })) };
}
