/** @file `tendon checkpoint inspect`: which model a checkpoint holds, what becomes of every key, and how it is scaled. */

import { z } from "zod";
import { sizeOf, type StoredDtype } from "#engine/array";
import { keyProblems, ofExpert, openPi0Checkpoint, readNormalizers, scalingWarnings, type Pi0Checkpoint, type Pi0Normalizers, type ScalingMode } from "#policy/policies";
import { folderStore } from "#world/data/node";
import { defineCommand } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";
import { EXIT } from "../errors.ts";
import { statisticsFlags } from "../statistics-flags.ts";
import { table } from "../table.ts";

/** What is printed with `--json`. */
interface CheckpointInfo {
  readonly checkpoint: string;
  readonly model: string;
  /** Parameters that were found. */
  readonly parameters: number;
  /** Tensors by the type they are stored as. */
  readonly dtypes: Readonly<Partial<Record<StoredDtype, number>>>;
  readonly horizon: number;
  /** Numbers of an action, padding included, and of the robot's own. */
  readonly actionSize: number;
  readonly realActionSize: number | null;
  /** By dimension of an action, whether it is an offset from the state; null where the folder does not say for certain. */
  readonly relative: readonly boolean[] | null;
  readonly cameras: readonly string[];
  readonly keys: {
    readonly found: number;
    readonly renamed: Pi0Checkpoint["report"]["renamed"];
    readonly unused: Pi0Checkpoint["report"]["unused"];
    readonly missing: readonly string[];
    readonly unexpected: readonly string[];
    readonly wrong: readonly string[];
  };
  /** Whether prompts tell the state. */
  readonly tellsState: boolean;
  /** Where the statistics come from; null where there are none. */
  readonly statistics: string | null;
  /** How states and actions are scaled with them, by LeRobot's names; null where there are none. */
  readonly scaling: Readonly<Record<"state" | "action", ScalingMode>> | null;
  /** One sentence each; empty where the checkpoint can be used. */
  readonly problems: readonly string[];
}

export const checkpointInspectCommand = defineCommand({
  name: "checkpoint inspect",
  summary: "Say which model a checkpoint of π0 or π0.5 holds, what becomes of every key, and how it is scaled.",
  example: "tendon checkpoint inspect pi0_base",
  positionals: ["folder"],
  args: z.object({
    folder: z.string().min(1).describe("folder of the checkpoint, such as LeRobot's pretrained_model, with config.json and model.safetensors"),
    expert: z.boolean().default(false).describe("ask for the action expert alone"),
    ...statisticsFlags,
    keys: z.boolean().default(false).describe("list every key that was found, and its parameter"),
    json: jsonFlag,
  }),
  async run({ folder, expert, keys, json, ...choice }, io) {
    const checkpoint = await openPi0Checkpoint(await folderStore(folder, "checkpoint"), expert ? { isNeeded: ofExpert } : {});
    const statistics = await readNormalizers(checkpoint.store, checkpoint.stored, checkpoint.config, choice).catch((error: unknown) => String((error as Error).message));
    const info = infoOf(checkpoint, statistics);
    if (json) io.out(JSON.stringify(info));
    else describe(info, checkpoint, keys).forEach((line) => io.out(line));
    for (const problem of info.problems) io.note(io.color.red(`error: ${problem}`));
    if (typeof statistics !== "string") for (const warning of scalingWarnings(statistics)) io.note(io.color.yellow(`warning: ${warning}`));
    return info.problems.length > 0 ? EXIT.failed : EXIT.ok;
  },
});

function infoOf({ store, config, report, stored }: Pi0Checkpoint, statistics: Pi0Normalizers | string): CheckpointInfo {
  const { found, renamed, unused, missing, unexpected, wrong } = report;
  const dtypes: Partial<Record<StoredDtype, number>> = {};
  for (const { dtype } of stored.entries.values()) dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
  return {
    checkpoint: store.name,
    model: `${{ pi0: "π0", pi05: "π0.5" }[config.variant]}, as ${{ lerobot: "LeRobot", openpi: "openpi" }[config.origin]} writes it`,
    parameters: found.reduce((sum, { spec: { shape } }) => sum + sizeOf(shape), 0),
    dtypes,
    horizon: config.size.chunk.horizon,
    actionSize: config.size.chunk.actionSize,
    realActionSize: config.actionSize,
    relative: config.relative,
    cameras: config.cameras,
    tellsState: config.tellsState,
    keys: { found: found.length, renamed, unused, missing, unexpected, wrong },
    statistics: typeof statistics === "string" ? null : statistics.source,
    scaling: typeof statistics === "string" ? null : statistics.modes,
    problems: [...keyProblems(report), ...(typeof statistics === "string" ? [statistics] : [])],
  };
}

function describe(info: CheckpointInfo, { config, report }: Pi0Checkpoint, isListed: boolean): string[] {
  const { keys, scaling, realActionSize: real } = info;
  const some = (list: readonly string[]): string => (list.length === 0 ? "none" : String(list.length));
  return [
    `${info.checkpoint}: ${info.model}`,
    `${info.parameters.toLocaleString("en-US")} parameters in ${keys.found} tensors (${Object.entries(info.dtypes).map(([dtype, count]) => `${count} ${dtype}`).join(", ")})`,
    `chunks of ${info.horizon} actions of ${info.actionSize} numbers${real === null ? "" : `, of which the robot has ${real}`}`,
    `actions: ${told(info.relative)}`,
    ...(config.variant === "pi05" ? [`prompts: ${info.tellsState ? "tell the state" : "do not tell the state"}`] : []),
    `cameras: ${info.cameras.join(", ") || "not said"}`,
    `statistics: ${info.statistics ?? "none"}${scaling === null ? "" : `, state by ${scaling.state}, action by ${scaling.action}`}`,
    "",
    ...table(["keys", ""], [
      ["found", String(keys.found)], ["of these under another name", some(keys.renamed.map(({ key }) => key))], ["not needed", some(keys.unused.map(({ key }) => key))],
      ["missing", some(keys.missing)], ["unknown", some(keys.unexpected)], ["of another shape or type", some(keys.wrong)],
    ]),
    ...keys.unused.map(({ key, why }) => `not needed: ${key}: ${why}`),
    ...(!isListed ? [] : ["", ...table(["key", "parameter", "stored as"], report.found.map(({ spec, key, dtype }) => [key, spec.name, `${dtype}[${spec.shape.join(", ")}]`]))]),
  ];
}

/** Which actions are targets and which are offsets. */
function told(relative: readonly boolean[] | null): string {
  if (relative === null) return "the folder does not say for certain which are offsets from the state; pi0Policy and tendon checkpoint export ask for it as `relative`";
  const offsets = relative.flatMap((isOffset, i) => (isOffset ? [i] : []));
  if (offsets.length === 0) return "absolute";
  return `offsets from the state in ${offsets.length === relative.length ? "all dimensions" : `dimensions ${offsets.join(", ")}, the others absolute`}`;
}
