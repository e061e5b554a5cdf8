/** @file Every command of the `tendon` program, in the order the help lists them. */

import type { Command } from "../command.ts";
import { dataImport } from "./data-import.ts";
import { dataInfo } from "./data-info.ts";
import { replay } from "./replay.ts";

export const commands: readonly Command[] = [dataImport, dataInfo, replay];
