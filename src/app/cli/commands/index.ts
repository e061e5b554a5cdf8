/** @file Every command of the `tendon` program, in the order the help lists them. */

import type { Command } from "../command.ts";
import { checkpointExportCommand } from "./checkpoint-export.ts";
import { checkpointInspectCommand } from "./checkpoint-inspect.ts";
import { checkpointSaveCommand } from "./checkpoint-save.ts";
import { checkpointSynthesizeCommand } from "./checkpoint-synthesize.ts";
import { compareCommand } from "./compare.ts";
import { dataGenerateCommand } from "./data-generate.ts";
import { dataImportCommand } from "./data-import.ts";
import { dataInfoCommand } from "./data-info.ts";
import { demoCommand } from "./demo.ts";
import { evalCommand } from "./eval.ts";
import { pretrainHeadCommand } from "./pretrain-head.ts";
import { replayCommand } from "./replay.ts";
import { tokenizeCommand } from "./tokenize.ts";
import { trainCommand } from "./train.ts";

export const commands: readonly Command[] = [
  demoCommand,
  trainCommand,
  pretrainHeadCommand,
  evalCommand,
  compareCommand,
  replayCommand,
  dataGenerateCommand,
  dataImportCommand,
  dataInfoCommand,
  tokenizeCommand,
  checkpointInspectCommand,
  checkpointSynthesizeCommand,
  checkpointExportCommand,
  checkpointSaveCommand,
];
