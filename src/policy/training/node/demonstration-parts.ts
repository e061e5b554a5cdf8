/** @file Demonstrations on their way to a dataset: parts of a few episodes each, saved whole, so that work can be continued. */

import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";
import { makeFolders, writeFileAtomic } from "#world/data/node";
import type { Demonstration } from "#world/sim";
import type { ImageOptions } from "./demonstration-images.ts";

/** Episodes in a part, at most. */
const LARGEST = 20;
/** Every thread of a common machine has something to do, also for few episodes. */
const FEWEST = 8;

export interface PartsRequest {
  readonly task: string;
  readonly seed: number;
  /** How many successful demonstrations are wanted. */
  readonly episodes: number;
  readonly images?: ImageOptions;
  readonly upsetShare?: number;
}

export interface DemonstrationParts {
  /** Where they are; images of demonstrations are kept there, too. */
  readonly folder: string;
  /** Episodes in each. */
  readonly size: number;
  /** Parts to be played, by number, if every episode of them succeeds: as few as give so many successes, in the order of seeds. */
  missing(episodes: number): number[];
  save(part: number, demonstrations: readonly Demonstration[]): Promise<void>;
  /** All that were played, in the order of seeds; they have gaps where parts are missing. */
  played(): readonly Demonstration[];
  /** Once they are in a dataset. */
  remove(): Promise<void>;
}

/**
 * The parts in a folder, which is made if it is not there.
 *
 * @throws Error when it holds parts of another request
 */
export async function demonstrationParts(folder: string, { task, seed, episodes, images, upsetShare }: PartsRequest): Promise<DemonstrationParts> {
  const size = Math.min(LARGEST, Math.ceil(episodes / FEWEST));
  await claim(folder, { task, seed, episodesPerPart: size, ...(images && { images: { size: images.size, depth: images.depth } }), ...(upsetShare !== undefined && { upsetShare }) });
  const parts = new Map<number, readonly Demonstration[]>();
  for (const name of await readdir(folder)) {
    const number = /^part-(\d+)\.bin$/.exec(name)?.[1];
    // Written whole by `save`, or not there.
    if (number !== undefined) parts.set(Number(number), deserialize(await readFile(join(folder, name))) as Demonstration[]);
  }
  return {
    folder,
    size,
    missing(wanted) {
      const missing: number[] = [];
      for (let part = 0, hoped = 0; hoped < wanted; part++) {
        const saved = parts.get(part);
        if (saved === undefined) missing.push(part);
        hoped += saved === undefined ? size : saved.filter(({ success }) => success).length;
      }
      return missing;
    },
    async save(part, demonstrations) {
      await writeFileAtomic(join(folder, `part-${part}.bin`), serialize(demonstrations));
      parts.set(part, demonstrations);
    },
    played: () => [...parts].sort(([a], [b]) => a - b).flatMap(([, demonstrations]) => demonstrations),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Make the folder for a request, or see that it is of the same one. */
async function claim(folder: string, request: unknown): Promise<void> {
  const path = join(folder, "request.json");
  if (!existsSync(path)) {
    await makeFolders(folder);
    await writeFileAtomic(path, JSON.stringify(request));
    return;
  }
  const text = await readFile(path, "utf8");
  if (isDeepStrictEqual(JSON.parse(text), request)) return;
  throw new Error(`${folder} holds unfinished work of other flags, ${text}, got ${JSON.stringify(request)}; finish that first, or remove the folder`);
}
