/** @file Action tokenizers as pure host codecs. */

export { specFromBinPolicy } from "./bin-policy.ts";
export { clampedValues, type ClampedValues } from "./clamped-values.ts";
export { TokenError, type GridCodec, type SequenceCodec, type TokenSlot } from "./codec.ts";
export { adaptEmbeddings, type GridChange } from "./embedding-adaptation.ts";
export {
  codecSpecSchema,
  fitCodec,
  gridCodec,
  parseCodecSpec,
  SCHEME_NAMES,
  type CodecSpec,
  type CodecSpecInput,
  type SchemeName,
} from "./schemes.ts";
export { cosineTransform } from "./dct.ts";
export { fastForEpisodes, fitFastToEpisodes } from "./fast-episodes.ts";
export { fitFast, type FastFitOptions } from "./fast-fit.ts";
export { fastCodec, fastSpecSchema, type FastSpec } from "./fast.ts";
export { publishedFast, type PublishedFastCodec, type PublishedFastFiles } from "./published-fast.ts";
export { fitGaussians, spatialEdges, type PerAxis, type SpatialAxis, type SpatialSpec } from "./spatial-grid.ts";
