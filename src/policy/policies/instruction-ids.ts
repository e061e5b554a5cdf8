/** @file An instruction as the ids that a policy reads. */

import type { HostTensor } from "#engine/array";
import { textIds, wordIds } from "#policy/encoders";
import type { ObservingSpec } from "./observing.ts";

/** How texts become ids, N of each. */
export interface InstructionIds {
  /** N */
  readonly count: number;
  /** i64[B, N]; 0 is padding, and all of an empty text. @throws RangeError for a text that there is no room for */
  of(texts: readonly string[]): HostTensor<"i64">;
}

/** Undefined for a policy that reads no instruction. */
export function instructionIds({ instructionBytes, instructionWords }: Pick<ObservingSpec, "instructionBytes" | "instructionWords">): InstructionIds | undefined {
  if (instructionWords !== undefined) return { count: instructionWords, of: (texts) => wordIds(texts, instructionWords) };
  if (instructionBytes !== undefined) return { count: instructionBytes, of: (texts) => textIds(texts, instructionBytes) };
  return undefined;
}
