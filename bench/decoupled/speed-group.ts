/** @file Part of a measurement of training speed, in a process of its own that gives all its memory back: is sent its request, sends its result and ends. */

import { median, millisecondsOf } from "../benchmark.ts";
import { answer } from "../own-process.ts";
import { openRoof } from "../roof.ts";
import { openContenders } from "./contenders.ts";
import type { GroupRequest, GroupResult } from "./group-result.ts";
import { openTorchSteps } from "./torch-steps.ts";

const WARM_UP = 2;
/** A backbone's turn lasts at least so long in every round, so that short steps are timed as well as long ones. */
const TURN_MS = 400;

/** The networks are held at once and take turns, so that what else the machine does falls on all alike. */
async function measure({ group, keys, batch, rounds }: GroupRequest): Promise<GroupResult> {
  const torch = group === "headOnly" ? await openTorchSteps(keys, batch) : [];
  const contenders = [...(await openContenders(group, keys, batch)), ...torch].map((contender) => ({ ...contender, stepMs: [] as number[] }));
  const roof = await openRoof();
  let roofGflops = 0;
  for (let round = -WARM_UP; round < rounds; round++) {
    roofGflops = Math.max(roofGflops, await roof());
    for (const { step, stepMs } of contenders) {
      const ms = await turn(step, round < 0 ? 0 : TURN_MS);
      if (round >= 0) stepMs.push(ms);
    }
  }
  for (const { close } of contenders) await close();
  return {
    contenders: contenders.map(({ key, backbone, parameters, frozen, stepMs }) => {
      const title = `${backbone.title}${key === backbone.key ? "" : ", head frozen"}`;
      return { key, title, parameters, frozen, medianMs: median(stepMs), leastMs: Math.min(...stepMs) };
    }),
    roofGflops,
    // Kilobytes on every system that Node runs on.
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Mean time of a step over a turn, ms. */
async function turn(step: () => Promise<void>, atLeastMs: number): Promise<number> {
  let steps = 0;
  let ms = 0;
  do {
    ms += await millisecondsOf(step);
    steps += 1;
  } while (ms < atLeastMs);
  return ms / steps;
}

answer(measure);
