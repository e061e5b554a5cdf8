/** @file Losses on action chunks, one per file. */

export { flowMatchingLoss, type FlowMatchingBatch, type VelocityField } from "./flow-matching.ts";
export { maskedMean } from "./masked-mean.ts";
export { noiseSchedule, type CosineSchedule, type LinearSchedule, type NoiseSchedule } from "./noise-schedule.ts";
