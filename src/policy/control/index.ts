/** @file From chunks to one command per tick. */

export { adaptiveEnsemble, type AdaptiveEnsembleOptions } from "./adaptive-ensemble.ts";
export type { ChunkExecution, ExecutionSizes } from "./chunk-execution.ts";
export { chunkExecution, EXECUTION_NAMES, type ExecutionChoice, type ExecutionName } from "./executions.ts";
export { guidanceWeights, type GuidanceSchedule, type GuidanceWeightsOptions } from "./guidance-weights.ts";
export { realTimeChunks, type RealTimeChunks, type RealTimeOptions, type Draw, type Remaining } from "./real-time-chunks.ts";
export { recedingHorizon } from "./receding-horizon.ts";
export { temporalEnsemble, type TemporalEnsembleOptions } from "./temporal-ensemble.ts";
export { weightedAggregation, type Predictions, type Weighting } from "./weighted-aggregation.ts";
