/** @file `tendon data import`: a Diffusion Policy replay buffer becomes a LeRobot dataset. */

import { copyFile, lstat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { assertTrainable, frameCount } from "#world/data";
import { importZarr, writeDataset } from "#world/data/node";
import { defineCommand } from "../command.ts";

/** Texts that have to stay with the data. */
const LICENCE_FILES = ["LICENSE", "NOTICE.md"];

export const dataImportCommand = defineCommand({
  name: "data import",
  summary: "Convert the Push-T replay buffer of Diffusion Policy (zarr) to a LeRobot v3.0 dataset.",
  example: "tendon data import pusht_cchi_v7_replay.zarr datasets/push-t",
  positionals: ["source", "out"],
  args: z.object({
    source: z.string().describe("folder of the zarr replay buffer"),
    out: z.string().describe("folder to create; must not exist"),
  }),
  async run({ source, out }, io) {
    // Refused before reading too, so that a wrong name costs nothing.
    if (await exists(out)) throw new Error(`${out} already exists; choose another folder or remove it first`);
    const dataset = await importZarr(source);
    for (const { message } of assertTrainable(dataset)) io.note(io.color.yellow(`warning: ${message}`));
    await writeDataset(out, dataset);
    const texts = LICENCE_FILES.filter((file) => existsSync(join(source, file)));
    for (const file of texts) await copyFile(join(source, file), join(out, file));
    io.note(`${out}: ${dataset.episodes.length} episodes, ${frameCount(dataset)} frames at ${dataset.fps} Hz`);
  },
});

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
