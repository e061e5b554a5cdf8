/** @file Every command of the `tendon` program, in the order the help lists them. */

import type { Command } from "../command.ts";
import { dataImport } from "./data-import.ts";
import { dataInfo } from "./data-info.ts";
import { demoCommand } from "./demo.ts";
import { evalCommand } from "./eval.ts";
import { replay } from "./replay.ts";
import { trainCommand } from "./train.ts";

export const commands: readonly Command[] = [demoCommand, trainCommand, evalCommand, replay, dataImport, dataInfo];
