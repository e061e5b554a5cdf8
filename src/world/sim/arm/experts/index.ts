/** @file The scripted expert of every task of the arm. */

import type { ArmExpert } from "../expert.ts";
import { liftExpert } from "./lift.ts";
import { pickPlaceExpert } from "./pick-place.ts";
import { reachExpert } from "./reach.ts";
import { sortExpert } from "./sort.ts";
import { stackExpert } from "./stack.ts";

/** By the name of the task. */
export const ARM_EXPERTS: Readonly<Record<string, ArmExpert>> = {
  reach: reachExpert,
  lift: liftExpert,
  "pick-place": pickPlaceExpert,
  stack: stackExpert,
  sort: sortExpert,
};
