/** @file Demonstration data: episodes, statistics, normalizers, training windows, readers and writers. */

export {
  ACTION,
  allRows,
  columnOf,
  demandRate,
  demandWidth,
  dimensionName,
  featureOf,
  featureWidth,
  frameCount,
  imagesOf,
  STATE,
  type Dataset,
  type Episode,
  type Feature,
  type ImageFeature,
  type Images,
} from "./dataset.ts";
export { depthToMillimeters } from "./png.ts";
export { columnRows, selectedColumns, type ColumnRows } from "./column-rows.ts";
export { fetchStore, memoryStore, type ByteStore, type RangedStore } from "./byte-store.ts";
export { featureStatistics, statisticsOf, type FeatureStatistics } from "./statistics.ts";
export {
  denormalize,
  fitNormalizer,
  normalize,
  normalizerWarnings,
  type Normalizer,
  type NormalizerKind,
} from "./normalizer.ts";
export {
  chunkIndex,
  chunkSampler,
  chunkSource,
  type ChunkIndex,
  type ChunkOptions,
  type ChunkSampler,
  type ChunkSource,
} from "./chunk-sampler.ts";
export { batchIndices, epochOrder } from "./epochs.ts";
export { assertTrainable, validateDataset, type Problem, type TrainingNeeds } from "./validate.ts";
export {
  cameraEncoder,
  encodeLeRobot,
  leRobotCameras,
  leRobotFiles,
  readLeRobot,
  type CameraEncoder,
  type EncodedCamera,
  type EncodedImages,
  type EncodeOptions,
  type LeRobotCamera,
  type ReadLeRobotOptions,
} from "./lerobot/index.ts";
export { PUSH_T_TEXTS } from "./push-t-texts.ts";
export { PUSH_T_REPLAY, readReplayBuffer, type ReplayBufferDescription } from "./zarr.ts";
