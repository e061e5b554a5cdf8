/** @file From observations to the conditioning of a head. */

export {
  centreOffset,
  cropFrame,
  randomOffset,
  type CropOffset,
  type CropPlace,
  type Frame,
  type ImageSize,
} from "./crop.ts";
export {
  imageEncoder,
  type ImageEncoder,
  type ImageEncoderOptions,
  type ImageEncoderSpec,
  type ImageFeatures,
} from "./image-encoder.ts";
export {
  assertObservations,
  observationBuffers,
  observationEncoder,
  type ObservationEncoder,
  type ObservationInput,
  type ObservationInputs,
  type ObservationPart,
  type ObservationReader,
  type Observations,
} from "./observation-encoder.ts";
export { cameraPart, imageInput, OBSERVATION, statePart, TEXT, textPart, type CameraPartOptions } from "./observation-parts.ts";
export {
  resnet18,
  RESNET18_WIDTHS,
  resnet18Spec,
  type Resnet18Features,
  type Resnet18Size,
  type Resnet18Spec,
} from "./resnet18.ts";
export { quotedStart } from "./quoted-start.ts";
export { spatialSoftmax } from "./spatial-softmax.ts";
export { stateEncoder, type Encoder } from "./state.ts";
export { stateMlp, type StateMlpOptions, type StateMlpSpec } from "./state-mlp.ts";
export { textEncoder, textIds, type TextEncoder, type TextEncoderOptions, type TextEncoderSpec } from "./text-encoder.ts";
export { WORD_IDS, wordIds } from "./word-ids.ts";
export {
  embedPrefix,
  GEMMA_2B,
  PALIGEMMA_3B,
  paligemmaSpec,
  nextTokenLogits,
  readPrefix,
  seeImages,
  type GemmaSize,
  type PaligemmaSize,
  type PaligemmaSpec,
  type Prefix,
  type PrefixInputs,
  type ReadPrefix,
} from "./paligemma.ts";
export { siglip, SIGLIP_SO400M, siglipSpec, siglipTokens, type SiglipSize, type SiglipSpec } from "./siglip.ts";
export { promptTokenizer, type PromptTokenizer } from "./prompt-tokenizer.ts";
export { resizeWithPad, type FrameBytes, type ResizeWay } from "./resize-with-pad.ts";
