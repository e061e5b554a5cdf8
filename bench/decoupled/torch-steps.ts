/** @file The same steps of DP-C in PyTorch, where it is found, to take turns with ours. */

import { fileURLToPath } from "node:url";
import { startPeer } from "../peers/peer.ts";
import { ACTION_SIZE, BACKBONES, FEATURES, OBS_STEPS } from "./backbones.ts";
import type { Contender } from "./contenders.ts";

const SCRIPT = fileURLToPath(new URL("../peers/dp_c.py", import.meta.url));
/** Features of time, and channels: what `width` 2048 stands for. */
const [TIME_SIZE, DOWN_DIMS] = [128, [512, 1024, 2048]] as const;

/** Keys of what PyTorch does, beside ours. */
export const TORCH = { dpC: "torchDpC", dpCDecoupled: "torchDpCDecoupled" } as const;

/** None where no Python with PyTorch is found. It draws no batch and no noise, which favours it a little. */
export async function openTorchSteps(keys: readonly string[], batch: number): Promise<Contender[]> {
  const backbone = BACKBONES.find(({ key }) => key === "dpC");
  if (backbone === undefined) return [];
  const opened: Contender[] = [];
  for (const [ours, key] of Object.entries(TORCH)) {
    if (!keys.includes(ours)) continue;
    const isDecoupled = ours !== backbone.key;
    const sizes = [batch, backbone.horizon, ACTION_SIZE, OBS_STEPS * FEATURES, TIME_SIZE, ...DOWN_DIMS];
    const peer = await startPeer(SCRIPT, [isDecoupled ? "step-frozen" : "step", ...sizes.map(String)]);
    if (peer === null) return opened;
    const { parameters = 0, version } = peer;
    const title = `${backbone.title} in torch ${version}`;
    // What is not trained over a frozen head is what the first of the two trains besides.
    const frozen = isDecoupled ? (opened[0]?.parameters ?? parameters) - parameters : 0;
    opened.push({ key, backbone: { ...backbone, key: TORCH.dpC, title }, parameters, frozen, step: async () => void (await peer.round()), close: () => peer.close() });
  }
  return opened;
}
