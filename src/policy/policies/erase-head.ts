/** @file Heads of any parameters, side by side in a table. */

import type { ActionHead } from "#action/heads";
import type { ParameterTree } from "#engine/nn";

/** Forget which tree a head's parameters form, as a table of heads must. */
export function eraseHead<P extends ParameterTree, I extends string>(head: ActionHead<P, I>): ActionHead {
  return head as unknown as ActionHead;
}
