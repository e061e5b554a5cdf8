/** @file What is timed in a measurement of training speed: every backbone, all of it trained and over a frozen head. */

import { rng } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { cameraPart, imageEncoder, observationEncoder, statePart, type ObservationEncoder, type ObservationPart } from "#policy/encoders";
import { policyNetwork } from "#policy/policies";
import { FROM_NOTHING, openTrainer, startFrozenAtRandom, type TrainerConfig } from "#policy/training";
import type { ChunkSource } from "#world/data";
import { ACTION_SIZE, BACKBONES, FEATURES, OBS_STEPS, type Backbone } from "./backbones.ts";
import type { Group } from "./group-result.ts";
import { openWholeStep, type WholeStep } from "./whole-step.ts";

export interface Contender extends WholeStep {
  readonly key: string;
  readonly backbone: Backbone;
}

/** Keys of all contenders: of every backbone, and of the same over a frozen head. */
export const CONTENDERS: readonly string[] = BACKBONES.flatMap(({ key }) => [key, `${key}Decoupled`]);

/** Frozen weights are random: a step takes no notice of their values. */
export async function openContenders(group: Group, keys: readonly string[], batch: number): Promise<Contender[]> {
  const opened: Contender[] = [];
  for (const key of keys) {
    const backbone = BACKBONES.find((candidate) => key === candidate.key || key === `${candidate.key}Decoupled`);
    if (backbone === undefined) throw new RangeError(`decoupled: there is no "${key}"; there are ${CONTENDERS.join(", ")}`);
    const isDecoupled = key !== backbone.key;
    opened.push({ key, backbone, ...(group === "headOnly" ? await openHead(backbone, isDecoupled, batch) : await openWithEncoder(backbone, isDecoupled, batch)) });
  }
  return opened;
}

/** The trainer itself. */
async function openHead(backbone: Backbone, isDecoupled: boolean, batch: number): Promise<WholeStep> {
  const config = configOf(backbone, isDecoupled, batch);
  const start = isDecoupled ? startFrozenAtRandom(config) : FROM_NOTHING;
  const trainer = await openTrainer({ config, rows: walks(), openSession, start });
  const { parameters, frozen } = trainer;
  return { parameters, frozen, step: async () => void (await trainer.advance()), close: async () => trainer[Symbol.asyncDispose]() };
}

async function openWithEncoder({ head, width, blocks, horizon }: Backbone, isDecoupled: boolean, batch: number): Promise<WholeStep> {
  const sizes = { horizon, actionSize: ACTION_SIZE, obsSteps: OBS_STEPS, obsSize: STATE_SIZE };
  const network = policyNetwork({ head, width, blocks, ...sizes, integrationSteps: 100, codec: null }, paperEncoder());
  return openWholeStep(network, batch, { freeze: isDecoupled ? "head" : "none", trainPositions: true });
}

/** Height and width of an image of 84 × 84 px after its crop. */
const CROP = 76;
/** Pose and gripper of the tool. */
const STATE_SIZE = 9;

/**
 * A ResNet-18 with 32 keypoints and 64 features for each of two cameras, and the state: 137 features a step.
 *
 * Source: jianzhou0420/DecoupledActionHead at 5950b05: robomimic's `VisualCore`, crops of 84 to 76 px.
 */
function paperEncoder(): ObservationEncoder {
  const camera = (name: string): ObservationPart => cameraPart([name], imageEncoder(), { size: [CROP, CROP] });
  return observationEncoder(OBS_STEPS, { agentview: camera("agentview"), hand: camera("hand"), state: statePart(STATE_SIZE) });
}

function configOf({ head, width, blocks, horizon }: Backbone, isDecoupled: boolean, batch: number): TrainerConfig {
  return {
    head, width, blocks, horizon, seed: 0, steps: 100_000, batch, learningRate: 1e-4, warmupSteps: 500, weightDecay: 1e-6, clipNorm: 1,
    emaDecay: 0.9999, obsSteps: OBS_STEPS, integrationSteps: 100, normalizer: "limits", freeze: isDecoupled ? "random" : "none",
  };
}

/** Random walks of as many numbers as an observation and an action have. */
function walks(): ChunkSource {
  const walk = (episode: number, size: number): Float32Array => {
    const random = rng(episode, "walk", size);
    const rows = new Float32Array(64 * size);
    for (let i = size; i < rows.length; i++) rows[i] = (rows[i - size] ?? 0) + random.normal();
    return rows;
  };
  const episodes = [0, 1, 2, 3];
  return {
    observations: episodes.map((episode) => walk(episode, FEATURES)),
    actions: episodes.map((episode) => walk(episode, ACTION_SIZE)),
    obsSize: FEATURES,
    actionSize: ACTION_SIZE,
  };
}
