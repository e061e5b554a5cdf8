/** @file Flags that mean the same in several commands, described once. */

import { z } from "zod";

export const jsonFlag = z.boolean().default(false).describe("print one JSON object, for scripts");
