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
