/** @file `tendon replay`: play recorded demonstrations in the simulator and compare. */

import { z } from "zod";
import { ACTION, columnOf, demandWidth, STATE, type Dataset } from "#world/data";
import { readDataset } from "#world/data/node";
import { replayEpisodes, type RecordedEpisode, type ReplaySummary } from "#world/sim";
import { defineCommand } from "../command.ts";
import { datasetField, jsonFlag } from "../common-flags.ts";
import { datasetDirectory } from "../dataset-directory.ts";
import { table } from "../table.ts";

export const replayCommand = defineCommand({
  name: "replay",
  summary: "Replay recorded demonstrations open loop in the simulator and count those it follows.",
  example: "tendon replay push-t",
  positionals: ["environment"],
  args: z.object({
    environment: z.enum(["push-t"]).describe("simulated task"),
    dataset: datasetField.default("push-t"),
    json: jsonFlag,
  }),
  async run({ dataset, json }, io) {
    const recorded = recordedEpisodes(await readDataset(datasetDirectory(dataset)));
    // The first pass lets the runtime compile the solver; the second one is timed.
    replayEpisodes(recorded);
    const summary = replayEpisodes(recorded);
    if (json) io.out(JSON.stringify(summary));
    else describe(summary).forEach((line) => io.out(line));
  },
});

/**
 * Push-T episodes of a dataset.
 *
 * @throws Error when its columns are not those of Push-T
 */
function recordedEpisodes(dataset: Dataset): RecordedEpisode[] {
  demandWidth(dataset, STATE, { task: "push-t", width: 5 });
  demandWidth(dataset, ACTION, { task: "push-t", width: 2 });
  return dataset.episodes.map((episode) => ({
    states: columnOf(episode, STATE),
    actions: columnOf(episode, ACTION),
  }));
}

function describe(summary: ReplaySummary): string[] {
  const { episodes, within001px, within1px, finalWithin5px, controlStepsPerSecond } = summary;
  const share = (count: number): string[] => [`${count}`, `${((100 * count) / Math.max(1, episodes)).toFixed(1)} %`];
  return [
    ...table(
      [`${episodes} episodes`, "count", "share"],
      [
        ["within 0.01 px at every step", ...share(within001px)],
        ["within 1 px at every step", ...share(within1px)],
        ["within 5 px at the end", ...share(finalWithin5px)],
      ],
    ),
    `${Math.round(controlStepsPerSecond).toLocaleString("en")} control steps per second`,
  ];
}
