/** @file One row of docs/decoupled.md per backbone: what is trained over a frozen head, and how much of it there is, at the paper's sizes. */

import { sizeOf } from "#engine/array";
import type { NamedSpec } from "#engine/nn";
import { isTrained, policyNetwork, policyParameters } from "#policy/policies";
import type { TableRow } from "./markdown-tables.ts";

interface Row {
  readonly page: string;
  readonly title: string;
  readonly head: string;
  readonly width: number;
  readonly blocks: number;
  readonly horizon: number;
}

const TRANSFORMER = { width: 256, blocks: 8, horizon: 10 };

/** Sizes as in jianzhou0420/DecoupledActionHead at 5950b05 and DecoupledActionExpert at f998758. The U-Net has no blocks to count. */
const BACKBONES: readonly Row[] = [
  { page: "dp-c", title: "DP-C", head: "diffusion-unet", width: 2048, blocks: 1, horizon: 16 },
  { page: "dp-mlp", title: "DP-MLP", head: "diffusion-dp-mlp", width: 256, blocks: 8, horizon: 16 },
  { page: "dp-t", title: "DP-T, negative control", head: "diffusion-transformer", ...TRANSFORMER },
  { page: "dp-t-film", title: "DP-T-FiLM", head: "diffusion-transformer-film", ...TRANSFORMER },
  { page: "adaln-zero", title: "AdaLN-Zero", head: "diffusion-adaln-zero", ...TRANSFORMER },
];

/** Ten numbers per action, and two observations as the paper's encoder leaves them: two cameras of 64 features and 9 of state. */
const TASK = { actionSize: 10, obsSteps: 2, obsSize: 137, integrationSteps: 100, codec: null };

export function backboneRows(): Promise<readonly TableRow[]> {
  return Promise.resolve(BACKBONES.map(rowOf));
}

function rowOf({ page, title, head, ...sizes }: Row): TableRow {
  const specs = policyParameters(policyNetwork({ ...TASK, ...sizes, head }));
  const freezing = { freeze: "head", trainPositions: true } as const;
  const trained = specs.filter((spec) => isTrained(spec, freezing));
  const frozen = specs.filter((spec) => !isTrained(spec, freezing));
  const flags = `\`--head ${head} --width ${sizes.width} --blocks ${sizes.blocks} --horizon ${sizes.horizon}\``;
  return { page, cells: [title, flags, namesOf(trained), numbers(trained), numbers(frozen)] };
}

/** Layers by path, those of every block once. */
function namesOf(specs: readonly NamedSpec[]): string {
  const layers = specs.map(({ name }) => name.replace(/^head\./, "").replace(/\.(weight|bias)$/, "").replaceAll(/(?<=[a-z]\.)\d+(?=\.)/g, "*"));
  return [...new Set(layers)].map((layer) => `\`${layer}\``).join(", ");
}

function numbers(specs: readonly NamedSpec[]): string {
  return specs.reduce((total, { shape }) => total + sizeOf(shape), 0).toLocaleString("en-US");
}
