/** @file Every command of the `tendon` program, in the order the help lists them. */

import type { Command } from "../command.ts";

export const commands: readonly Command[] = [];
