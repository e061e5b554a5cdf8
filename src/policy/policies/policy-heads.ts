/** @file The names a policy's head can have: of heads that read any encoder's features, and of those that come with an encoder of their own. */

import type { HeadFacts } from "./head-facts.ts";
import { HEAD_NAMES, headKind, type HeadKind } from "./head-kinds.ts";
import { WHOLE_NAMES, wholeKind, type WholeKind } from "./whole-kinds.ts";

export const POLICY_HEADS: readonly string[] = [...HEAD_NAMES, ...WHOLE_NAMES];

/** What is known of a policy's head before it is made; `defaults` are those of one with its own encoder. */
export type PolicyHead = HeadFacts & Pick<HeadKind, "fitCodec" | "widthShare" | "countsPadding"> & Partial<Pick<WholeKind, "defaults">>;

/** @throws RangeError for an unknown head, naming the ones there are */
export function policyHead(name: string): PolicyHead {
  return wholeKind(name) ?? headKind(name);
}
