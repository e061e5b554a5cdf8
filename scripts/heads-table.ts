/** @file One row of docs/heads/README.md per network: names, what it is, and what it costs on Push-T. */

import { parameterCount } from "#engine/nn";
import { HEAD_NAMES, headKind, type HeadFacts } from "#policy/policies";
import { resolveConfig, taskOf, trainingRows, untrainedPolicy } from "#policy/training";
import { readDataset } from "#world/data/node";
import type { TableRow } from "./markdown-tables.ts";

const TASK = "push-t";
const PRESET = "demo";

const WAYS: Readonly<Record<HeadFacts["modes"], string>> = {
  joint: "whole chunks",
  "per-step": "per step",
  "per-token": "per token",
  none: "no",
};

/** A head, and what its policy comes to at the preset. */
interface Measured {
  readonly name: string;
  readonly calls: string;
  readonly tokenizer: string;
  readonly parameters: number;
}

/** Heads of the same page and summary, and of the same cost, share a row. */
export async function headRows(): Promise<readonly TableRow[]> {
  const rows = new Map<string, { page: string; names: string[]; cells: string[] }>();
  for (const measured of await measure()) {
    const { summary, page, modes } = headKind(measured.name);
    const { calls, tokenizer, parameters } = measured;
    const cells = [summary, WAYS[modes], calls, tokenizer, parameters.toLocaleString("en-US")];
    const key = [page, ...cells].join("|");
    rows.set(key, { page, cells, names: [...(rows.get(key)?.names ?? []), measured.name] });
  }
  return [...rows.values()].map(({ page, names, cells }) => {
    const linked = `[${names.map((name) => `\`${name}\``).join(", ")}](${page})`;
    return { page: page.replace(/\.md$/, ""), cells: [linked, ...cells] };
  });
}

/** The real networks, their tokenizers fitted to the real data. */
async function measure(): Promise<readonly Measured[]> {
  const dataset = await readDataset(`datasets/${taskOf(TASK).dataset}`);
  const rows = trainingRows(taskOf(TASK), dataset, resolveConfig(PRESET, { task: TASK }));
  return HEAD_NAMES.map((name) => {
    const config = resolveConfig(PRESET, { task: TASK, head: name });
    const { network } = untrainedPolicy(config, rows);
    const tokens = network.head.hostInputs["tokens"]?.shape(1).reduce((product, size) => product * size, 1);
    const calls = { one: 1, "per integration step": config.integrationSteps, "per token": tokens }[headKind(name).calls];
    const tokenizer = tokens === undefined ? "" : `${tokens} of \`${network.spec.codec?.scheme}\``;
    return { name, calls: String(calls), tokenizer, parameters: parameterCount(network.parameters) };
  });
}
