/** @file What a policy observes: the state, cameras, an instruction, each read by an encoder of its own. */

import { cameraPart, imageEncoder, observationEncoder, stateMlp, statePart, textEncoder, textPart, type ObservationEncoder, type ObservationPart } from "#policy/encoders";

/** How a policy sees. */
export interface VisionSpec {
  /** By name, in the order of their features. */
  readonly cameras: readonly string[];
  /** Side of their square frames, px. */
  readonly imageSize: number;
  /** Side of the square crops that the network sees, px: anywhere in training, the middle in acting. */
  readonly cropSize: number;
  /** Channels of the first stage of the image encoder; every further one has twice as many. ResNet-18 has 64. */
  readonly channels: number;
}

/** What decides what a policy observes. */
export interface ObservingSpec {
  /** O */
  readonly obsSteps: number;
  /** Numbers of one state. */
  readonly obsSize: number;
  /** Features of a trainable MLP that reads the state; left out where it is read as it is. */
  readonly stateFeatures?: number;
  /** How it sees; left out where it has no cameras. */
  readonly vision?: VisionSpec;
  /** Room for the instruction that it reads, bytes of UTF-8; left out where it reads none. */
  readonly instructionBytes?: number;
  /** The same in words, for policies with a trunk. */
  readonly instructionWords?: number;
}

/**
 * The last O states side by side, oldest first, as they are, or each through an MLP of two layers of 256 to some features; where there are cameras, 64 features of each for every step, from a ResNet-18 of its own; where the
 * instruction is read, 64 features of it.
 *
 * Sources: Diffusion Policy, arXiv:2303.04137, real-stanford/diffusion_policy at 5ba07ac, `diffusion_unet_lowdim_policy.py` (`obs_as_global_cond`) for
 * states; jianzhou0420/DecoupledActionHead at 5950b05, robomimic's `VisualCore` for every camera. Narrower stages and the instruction are ours.
 */
export function observing({ obsSteps, obsSize, stateFeatures, vision, instructionBytes }: ObservingSpec): ObservationEncoder {
  const reader = stateFeatures === undefined ? [] : [stateMlp({ obsSteps: 1, obsSize, features: stateFeatures })];
  const parts: Record<string, ObservationPart> = { state: statePart(obsSize, ...reader) };
  for (const camera of vision?.cameras ?? []) parts[camera] = eye(camera, vision as VisionSpec); // there is one where there are cameras
  if (instructionBytes !== undefined) parts["instruction"] = textPart(textEncoder({ tokens: instructionBytes }));
  return observationEncoder(obsSteps, parts);
}

function eye(camera: string, { cropSize, channels }: VisionSpec): ObservationPart {
  const widths = [1, 2, 4, 8].map((times) => times * channels);
  return cameraPart([camera], imageEncoder({ widths }), { size: [cropSize, cropSize] });
}
