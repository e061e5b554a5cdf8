/** @file How large the study of success is: all of its numbers, in one place. */

import type { HeadConfig, RunConfig } from "#policy/training";

/** A backbone of the study, at a size that a core trains in minutes. */
export interface StudyBackbone {
  /** Its word in keys. */
  readonly key: string;
  readonly title: string;
  readonly head: string;
  readonly width: number;
  readonly blocks: number;
}

/** What is said of a task's episodes: the share that was solved, or the mean of their largest rewards. */
export type Measure = "success" | "score";

export interface StudyTask {
  readonly name: string;
  /** Trainings, each with its own seed and its own episodes to be tried in. */
  readonly seeds: number;
  /** What its column says. Default the share of solved episodes. */
  readonly measure?: Measure;
  /** Chunks of this task and of heads that learn from its columns; the preset's when left out. */
  readonly horizon?: number;
  /** What is said of training on this task alone; the task's own defaults stand below it. */
  readonly training?: Partial<RunConfig>;
}

export interface StudyPreset {
  readonly name: string;
  /** The preset of `tendon train` that says what nothing else does. */
  readonly base: string;
  readonly tasks: readonly StudyTask[];
  readonly backbones: readonly StudyBackbone[];
  /** Keys of the backbones that are frozen at random, too; one seed each. */
  readonly random: readonly string[];
  /** Keys of the backbones whose stage 1 is compared: generated motion, the task's columns, those of other tasks. */
  readonly compared: readonly string[];
  /** Task by task, the others whose columns its head out of distribution is made from. */
  readonly outside: Readonly<Record<string, readonly string[]>>;
  /** The backbone whose heads all tasks of the arm share. */
  readonly shared: string;
  /** Policies that see, over a frozen head of generated motion; left out where there are none. */
  readonly images?: {
    readonly tasks: readonly string[];
    /** Key of their backbone. */
    readonly backbone: string;
    /** Side of the frames, px. */
    readonly size: number;
    readonly training: Partial<RunConfig>;
  };
  /** Demonstrations by task; a task that is not named brings its own dataset. */
  readonly demonstrations: Readonly<Record<string, number>>;
  /** What both stages have in common. */
  readonly both: Pick<RunConfig, "steps" | "batch" | "horizon" | "integrationSteps">;
  readonly stage1: Partial<HeadConfig>;
  readonly stage2: Partial<RunConfig>;
  /** Episodes that each trained policy is tried in. */
  readonly rollouts: number;
}

const DP_C: StudyBackbone = { key: "dp-c", title: "DP-C", head: "diffusion-unet", width: 256, blocks: 1 };
const DP_MLP: StudyBackbone = { key: "dp-mlp", title: "DP-MLP", head: "diffusion-dp-mlp", width: 128, blocks: 4 };
const TRANSFORMERS: readonly StudyBackbone[] = [
  { key: "dp-t", title: "DP-T", head: "diffusion-transformer", width: 96, blocks: 3 },
  { key: "dp-t-film", title: "DP-T-FiLM", head: "diffusion-transformer-film", width: 96, blocks: 3 },
  { key: "adaln-zero", title: "AdaLN-Zero", head: "diffusion-adaln-zero", width: 96, blocks: 3 },
];

const full: StudyPreset = {
  name: "full",
  base: "demo",
  tasks: [
    { name: "push-t", seeds: 3, measure: "score", horizon: 16, training: { mirror: true, stateFeatures: 256 } },
    { name: "reach", seeds: 1, training: { steps: 2000 } },
    { name: "lift", seeds: 3 },
    { name: "pick-place", seeds: 1, training: { steps: 4000 } },
  ],
  backbones: [DP_C, DP_MLP, ...TRANSFORMERS],
  random: ["dp-c", "dp-mlp"],
  compared: ["dp-c", "dp-mlp"],
  outside: { lift: ["reach", "pick-place"], "pick-place": ["reach", "lift"] },
  shared: "dp-mlp",
  images: {
    tasks: ["lift", "pick-place"],
    backbone: "dp-mlp",
    size: 64,
    training: { cameras: ["front", "wrist"], imageSize: 64, cropSize: 56, imageChannels: 16, obsSteps: 1, mirror: false, steps: 6000 },
  },
  demonstrations: { reach: 200, lift: 300, "pick-place": 300 },
  both: { steps: 3000, batch: 64, horizon: 8, integrationSteps: 10 },
  // Told joint positions, a head has to learn the forward kinematics of seven joints first, which takes more steps than these; in the paper both serve alike.
  stage1: { episodes: 1000, ticks: 200, condition: "pose", steps: 4000 },
  // What is trained over a frozen head is one linear layer per block, so what has to be worked out of a state is worked out before, in both ways alike.
  stage2: { stateFeatures: 64 },
  rollouts: 100,
};

/** Does everything work? A minute or two; it says nothing of success. */
const { images: _hours, ...withoutImages } = full;
const smoke: StudyPreset = {
  ...withoutImages,
  name: "smoke",
  base: "smoke",
  tasks: [
    { name: "push-t", seeds: 2 },
    { name: "lift", seeds: 1 },
  ],
  backbones: [
    { ...DP_C, width: 32 },
    { ...DP_MLP, width: 32, blocks: 2 },
  ],
  random: ["dp-mlp"],
  compared: ["dp-mlp"],
  outside: { lift: ["pick-place"] },
  demonstrations: { lift: 10, "pick-place": 10 },
  both: { steps: 40, batch: 16, horizon: 8, integrationSteps: 4 },
  stage1: { episodes: 200, ticks: 60, condition: "pose" },
  rollouts: 10,
};

export const STUDY_PRESETS: readonly StudyPreset[] = [full, smoke];

/** @throws RangeError for an unknown preset, naming the ones there are */
export function studyPreset(name: string): StudyPreset {
  const preset = STUDY_PRESETS.find((candidate) => candidate.name === name);
  if (preset === undefined) throw new RangeError(`decoupled: there is no preset "${name}"; presets are ${STUDY_PRESETS.map((each) => each.name).join(", ")}`);
  return preset;
}
