/** @file Flags that mean the same in several commands, described once. */

import { z } from "zod";
import { runConfigSchema } from "#policy/training";

export const datasetField = runConfigSchema.shape.dataset;

export const jsonFlag = z.boolean().default(false).describe("print one JSON object, for scripts");

/** A field for how many cores training takes. */
export const threadsFlag = z.number().int().positive().describe("threads of the runtime").optional().meta({ note: "default all cores" });
