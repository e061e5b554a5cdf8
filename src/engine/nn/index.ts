/** @file Layers as functions of parameters. */

export { attentionMask, causalMask, MASKED } from "./attention-mask.ts";
export {
  attend,
  attentionSpec,
  crossAttention,
  mergeHeads,
  projectAttended,
  projectKeysValues,
  projectQkv,
  projectQueries,
  selfAttention,
  splitHeads,
  type AttentionOptions,
  type AttentionSpec,
  type KeysValues,
  type QueriesKeysValues,
} from "./attention.ts";
export { conv1d, conv1dSpec, convTranspose1d, convTranspose1dSpec, type Conv1dSize, type Conv1dSpec } from "./conv1d.ts";
export { conv2d, conv2dSpec, type Conv2dLayerOptions, type Conv2dSize, type Conv2dSpec } from "./conv2d.ts";
export { extendMemory, gemmaDecoder, nextPositions, type GemmaDecoded, type GemmaMemory, type GemmaRun } from "./gemma-decoder.ts";
export {
  gemmaKeysValues,
  gemmaLayer,
  gemmaLayerSpec,
  gemmaModulation,
  gemmaNorm,
  gemmaNormModulation,
  gemmaNormSpec,
  type AdapterRanks,
  type GemmaLayerOptions,
  type GemmaLayerSpec,
  type GemmaModulation,
  type GemmaNormSpec,
} from "./gemma-layer.ts";
export { groupNorm, groupNorm2d, groupNormSpec } from "./group-norm.ts";
export { fanIn, fanOut, normal, ones, uniform, zeros } from "./initializers.ts";
export { layerNorm, layerNormSpec, type LayerNormSpec } from "./layer-norm.ts";
export { linear, linearSpec, zeroLinearSpec, type LinearOptions, type LinearSpec } from "./linear.ts";
export {
  initializeParameter,
  initialParameters,
  mapParameters,
  namedParameters,
  parameter,
  parameterCount,
  parameterInputs,
  type Initializer,
  type NamedSpec,
  type ParameterRole,
  type ParameterSpec,
  type ParameterTree,
  type Traced,
  type TracedTree,
} from "./parameters.ts";
export { learnedPositionsSpec, sinusoidalPositions } from "./positions.ts";
export { projection, projectionSpec, type ProjectionSpec } from "./projection.ts";
export {
  adaptiveRmsNorm,
  adaptiveRmsNormSpec,
  rmsModulation,
  rmsNorm,
  rmsNormSpec,
  type AdaptiveRmsNormSpec,
  type RmsModulation,
  type RmsNormSpec,
} from "./rms-norm.ts";
export { rotate, rotation, type Rotation } from "./rotary.ts";
export { stepEmbedding } from "./step-embedding.ts";
export { timeEmbedding, type TimeEmbeddingOptions } from "./time-embedding.ts";
export {
  decoderLayer,
  decoderLayerSpec,
  encoderLayer,
  encoderLayerSpec,
  feedForward,
  feedForwardSpec,
  type DecoderLayerSpec,
  type EncoderLayerSpec,
  type FeedForwardSpec,
  type TransformerLayerOptions,
} from "./transformer-layer.ts";
