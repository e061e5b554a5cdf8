/** @file `tendon data import`: a Diffusion Policy replay buffer becomes a LeRobot dataset. */

import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { assertTrainable, frameCount, PUSH_T_TEXTS } from "#world/data";
import { importZarr, writeDataset } from "#world/data/node";
import { defineCommand, UsageError } from "../command.ts";
import { jsonFlag } from "../common-flags.ts";

export const dataImportCommand = defineCommand({
  name: "data import",
  summary: "Convert the Push-T replay buffer of Diffusion Policy (zarr) to a LeRobot v3.0 dataset.",
  example: "tendon data import pusht_cchi_v7_replay.zarr datasets/push-t",
  positionals: ["source", "out"],
  args: z.object({
    source: z.string().min(1).describe("folder of the zarr replay buffer"),
    out: z.string().min(1).describe("folder to create; must not exist"),
    json: jsonFlag,
  }),
  async run({ source, out, json }, io) {
    // Refused before reading too, so that a wrong name costs nothing.
    if (await exists(out)) throw new UsageError(`${out} already exists; choose another folder or remove it first`);
    const dataset = await importZarr(source);
    for (const { message } of assertTrainable(dataset)) io.note(io.color.yellow(`warning: ${message}`));
    await writeDataset(out, dataset, { extraFiles: await textsOf(source) });
    const result = { dataset: out, episodes: dataset.episodes.length, frames: frameCount(dataset), fps: dataset.fps };
    io.out(json ? JSON.stringify(result) : `${out}: ${result.episodes} episodes, ${result.frames} frames at ${result.fps} Hz`);
  },
});

/** Licence and notice have to stay with the data: the source's own, else those of the published demonstrations. */
async function textsOf(source: string): Promise<ReadonlyMap<string, Uint8Array | string>> {
  const texts = [...PUSH_T_TEXTS].map(async ([name, published]): Promise<[string, Uint8Array | string]> => {
    const path = join(source, name);
    return [name, (await exists(path)) ? await readFile(path) : published];
  });
  return new Map(await Promise.all(texts));
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
