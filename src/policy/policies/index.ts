/** @file Policies: encoder, normalizer, head and weights as something you ask for actions. */

export { chunkNoise, policyActor, type Actor } from "./actor.ts";
export {
  applyNormalizer,
  removeNormalizer,
  samplerModel,
  type PolicyNormalizers,
  type PolicyWeights,
} from "./models.ts";
export {
  FREEZE_KINDS,
  FROZEN_HEAD,
  isTrained,
  startsFromHead,
  valuesOfHead,
  type FreezeKind,
  type Freezing,
  type RoleRule,
} from "./freezing.ts";
export { frameCrops, type FrameCrops } from "./frame-crops.ts";
export { instructionIds, type InstructionIds } from "./instruction-ids.ts";
export type { HeadFacts } from "./head-facts.ts";
export { HEAD_NAMES, headKind, type TokenizerSpec, type HeadKind } from "./head-kinds.ts";
export { conditionalUnetPlace, importConditionalUnet, importTransformer, transformerPlace } from "./import/diffusion-policy.ts";
export { importParameters, type ForeignPlace, type ImportOptions, type PlaceOf } from "./import/foreign-parameters.ts";
export { imageEncoderPlace, importImageEncoder } from "./import/lerobot.ts";
export { importPi0, pi0Place } from "./import/pi0.ts";
export {
  initialPolicy,
  policyNetwork,
  policyParameters,
  type PolicyNetwork,
  type PolicySpec,
  type TracedPolicy,
} from "./network.ts";
export { observing, type ObservingSpec, type VisionSpec } from "./observing.ts";
export { observationWindow, type ObservationWindow } from "./observation-window.ts";
export { graphsInMemory, pi0Policy, type GoingOn, type OpenGraph, type Pi0Observation, type Pi0Policy, type Pi0PolicyOptions } from "./pi0/acting.ts";
export {
  memoryTokens, PI0_GRAPHS, pi0Program, prefixProgram, seeProgram, stepsProgram, weightConstants, type GraphOptions, type GraphSizes, type Pi0Graph, type WeightSource,
} from "./pi0/graphs.ts";
export { EXPORT_FILE, EXPORT_VERSION, exportPlan, exportSchema, placedBytes, WEIGHTS_FILE, type ExportPlan, type Pi0Export, type PlacedBytes } from "./pi0/exported.ts";
export { promptOf, stateBins, type Prompt, type PromptOptions } from "./pi0/prompt.ts";
export { parsePi0Config, type Pi0CheckpointConfig } from "./pi0/checkpoint/config.ts";
export { keyProblems, keyReport, readWeights, type FoundKey, type KeyReport } from "./pi0/checkpoint/key-report.ts";
export { ofExpert, openPi0Checkpoint, type OpenOptions, type Pi0Checkpoint } from "./pi0/checkpoint/open.ts";
export { scalingWarnings } from "./pi0/checkpoint/scaling-warnings.ts";
export { readNormalizers, type Pi0Normalizers, type ScalingMode, type StatisticsChoice } from "./pi0/checkpoint/statistics.ts";
export { WEIGHT_DTYPES, writtenBytes, writtenFiles, writtenTensors, type WeightDtype, type WrittenPolicy, type WrittenTensor } from "./pi0/checkpoint/write.ts";
export { mergeAdapters } from "./pi0/merge-adapters.ts";
export { PI0_3B, pi0Network, type Pi0Network, type Pi0Size, type Pi0Spec, type Pi0Variant } from "./pi0/network.ts";
export { loadPolicy, type ChunkSampler, type Policy } from "./policy.ts";
export { scaledSize, tiledSize, type ScaledSize } from "./pi0/proportions.ts";
export { POLICY_HEADS, policyHead, type PolicyHead } from "./policy-heads.ts";
export { sampleInSteps, samplerStepModel } from "./sampler-step.ts";
export type { Sight } from "./sense-window.ts";
export { matchWeights, weightProblems } from "./weights.ts";
export { pi0NetworkOf, WHOLE_NAMES, wholeKind, type WholeKind, type WholePolicy } from "./whole-kinds.ts";
