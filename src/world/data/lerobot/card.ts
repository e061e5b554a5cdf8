/** @file The dataset card, README.md: the only place where a LeRobot dataset states its licence. */

import type { Dataset } from "../dataset.ts";

/** The card of a dataset, as the Hugging Face Hub reads it: settings between two lines of "---", then prose. */
export function cardOf(dataset: Dataset): Uint8Array {
  const tasks = [...new Set(dataset.episodes.map((episode) => episode.task))];
  const lines = [
    "---",
    ...(dataset.license === null ? [] : [`license: ${dataset.license}`]),
    "task_categories:",
    "- robotics",
    "tags:",
    "- LeRobot",
    "configs:",
    "- config_name: default",
    "  data_files: data/*/*.parquet",
    "---",
    "",
    `# ${dataset.name}`,
    "",
    `A LeRobot v3.0 dataset: ${dataset.episodes.length} episodes at ${dataset.fps} Hz.`,
    "",
    ...tasks.map((task) => `- ${task}`),
    "",
  ];
  return new TextEncoder().encode(lines.join("\n"));
}

/** The licence a card states, or null. */
export function licenseOfCard(card: Uint8Array): string | null {
  const [, settings] = /^---\n([\s\S]*?)\n---/.exec(new TextDecoder().decode(card)) ?? [];
  return /^license:\s*(\S+)\s*$/m.exec(settings ?? "")?.[1] ?? null;
}
