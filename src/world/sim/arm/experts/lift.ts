/** @file The expert of lift: pick, and rise. */

import type { ArmExpert } from "../expert.ts";
import { pickPhases } from "./pick.ts";

/** Of the tool at the end, m. */
const HEIGHT = 0.16;

export const liftExpert: ArmExpert = { phases: () => pickPhases("red", HEIGHT) };
