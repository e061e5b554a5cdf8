/** @file The backbones of the decoupled recipe at the sizes of the paper. */

import { sizeOf } from "#engine/array";
import type { ParameterRole } from "#engine/nn";
import { policyNetwork, policyParameters } from "#policy/policies";

/** Numbers of one observation as the paper's encoder leaves it: two cameras of 64 features, and 9 of the robot's state. */
export const FEATURES = 137;
export const ACTION_SIZE = 10;
export const OBS_STEPS = 2;

export interface Backbone {
  /** Its key in results. */
  readonly key: string;
  readonly title: string;
  readonly head: string;
  readonly width: number;
  readonly blocks: number;
  readonly horizon: number;
  /** What the paper's count of its numbers covers. */
  readonly counted: readonly ParameterRole[];
}

/**
 * Source: Zhou et al. 2025, arXiv:2511.12101, table V; jianzhou0420/DecoupledActionHead at 5950b05, its configurations: DP-C of down_dims
 * [512, 1024, 2048], kernel 5 and 128 features of time, which `width` 2048 stands for; DP-MLP of 8 blocks, counted without stem, time and
 * output; DP-T of 8 layers and 4 heads, counted whole.
 */
export const BACKBONES: readonly Backbone[] = [
  { key: "dpC", title: "DP-C", head: "diffusion-unet", width: 2048, blocks: 1, horizon: 16, counted: ["stem", "trunk", "output"] },
  { key: "dpMlp", title: "DP-MLP", head: "diffusion-dp-mlp", width: 256, blocks: 8, horizon: 16, counted: ["trunk"] },
  {
    key: "dpT", title: "DP-T", head: "diffusion-transformer", width: 256, blocks: 8, horizon: 10,
    counted: ["stem", "trunk", "output", "modulation", "condition", "position"],
  },
];

/** As many numbers as the paper counts, and all of them. */
export function parametersOf({ counted, ...sizes }: Backbone): { readonly counted: number; readonly all: number } {
  const spec = { ...sizes, obsSteps: OBS_STEPS, obsSize: FEATURES, actionSize: ACTION_SIZE, integrationSteps: 100, codec: null };
  const specs = policyParameters(policyNetwork(spec));
  const numbers = (of: typeof specs): number => of.reduce((total, { shape }) => total + sizeOf(shape), 0);
  return { counted: numbers(specs.filter(({ role }) => counted.includes(role))), all: numbers(specs) };
}
