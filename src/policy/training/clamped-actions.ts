/** @file What a tokenizer cannot say of the actions that are learned from: they get the ids of its ends, which nobody would notice. */

import { clampedValues, type ClampedValues } from "#action/tokens";
import { policyHead, type PolicyNetwork, type PolicyNormalizers } from "#policy/policies";
import { normalize, type ChunkSource } from "#world/data";
import type { RunConfig } from "./config.ts";

/** Counted over all rows; null where no tokens are learned. */
export function clampedActions(
  policy: { readonly network: PolicyNetwork; readonly normalizers: PolicyNormalizers },
  rows: ChunkSource,
): ClampedValues | null {
  const { codec, head, tokenWeight } = policy.network.spec;
  // A trunk that once wrote tokens keeps its words.
  if (codec === null || (policyHead(head).fitCodec === undefined && tokenWeight === undefined)) return null;
  return clampedValues(codec, rows.actions.map((actions) => normalize(policy.normalizers.action, actions)));
}

/** One sentence with the count, its share and what to do; undefined where nothing was clamped. */
export function clampedWarning(clamped: ClampedValues | null, { head, normalizer }: Pick<RunConfig, "head" | "normalizer">): string | undefined {
  if (clamped === null || clamped.clamped === 0) return undefined;
  const [count, of] = [clamped.clamped, clamped.of].map((value) => value.toLocaleString("en-US"));
  const share = `${((100 * clamped.clamped) / clamped.of).toPrecision(3)} %`;
  const remedy = normalizer === "limits" ? "choose another --head" : `with --normalizer limits, now ${normalizer}, all actions lie in [-1, 1]`;
  return `head ${head}: ${count} of ${of} ${clamped.unit} of the actions (${share}) lie outside the bins of its tokenizer and are learned as the ends of them; ${remedy}`;
}
