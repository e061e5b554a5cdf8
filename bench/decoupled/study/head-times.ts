/** @file How long stage 1 took: heads are no results of their own, but their time is part of the study's. */

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readRunFacts } from "#policy/training/node";
import { makeFolders, writeFileAtomic } from "#world/data/node";
import type { StudyPlaces } from "./places.ts";
import { headFingerprint, headFolder, type StudyRun } from "./work.ts";

const headTimes = z.array(z.object({ key: z.string(), fingerprint: z.string(), steps: z.number(), trainSeconds: z.number() }));
export type HeadTimes = z.output<typeof headTimes>;

/** Of the heads of these runs, as far as they are known: those kept, and those whose folder is there. */
export async function readHeadTimes(runs: readonly StudyRun[], { heads: path, work }: StudyPlaces): Promise<HeadTimes> {
  const text = await readFile(path, "utf8").catch(() => "[]");
  const kept = headTimes.parse(JSON.parse(text));
  const heads = new Map(runs.flatMap(({ head }) => (head === null ? [] : [[headFolder(head), head] as const])));
  const times = [...heads].map(async ([folder, head]): Promise<HeadTimes> => {
    const [{ key }, fingerprint] = [head, headFingerprint(head)];
    const facts = await readRunFacts(join(work, folder));
    if (facts !== undefined) return [{ key, fingerprint, steps: head.config.steps, trainSeconds: Number(facts.trainSeconds.toFixed(1)) }];
    return kept.filter((each) => each.key === key && each.fingerprint === fingerprint);
  });
  return (await Promise.all(times)).flat();
}

/** Keep them beside the results. */
export async function keepHeadTimes(times: HeadTimes, { heads: path }: StudyPlaces): Promise<void> {
  await makeFolders(dirname(path));
  await writeFileAtomic(path, `${JSON.stringify(times, null, 1)}\n`);
}
