/** @file Losses on action chunks, one per file. */

export {
  ADVANTAGE_WEIGHTS,
  advantageWeightedLoss,
  advantageWeights,
  type AdvantageWeightOptions,
  type WeightedSamples,
} from "./advantage-weights.ts";
export { barrierResidual, barrierResidualOf, type BarrierOptions } from "./barrier-residual.ts";
export type { ChunkReduction } from "./chunk-reduction.ts";
export { coTrainingLoss, type CoTrainingLoss, type CoTrainingTerm } from "./co-training.ts";
export type { PreviousAction } from "./consecutive-steps.ts";
export type { PairMasks } from "./cosine-pairs.ts";
export { denoisingLoss, minSnrWeights, type DenoisingBatch, type DenoisingOptions, type StepDenoiser } from "./denoising.ts";
export { denoisingClips, denoisingDiscounts, type DenoisingClipOptions } from "./denoising-clip.ts";
export { gaussianDistillation, type GaussianChunk, type GaussianDistillationOptions } from "./distillation-gaussian.ts";
export { distillationKl, type DistillationKlOptions, type DistillationLogits, type DivergenceDirection } from "./distillation-kl.ts";
export { matchedDistillation, regressionDistillation, type MatchedBatch, type TimedDenoiser } from "./distillation-regression.ts";
export { expectileLoss, type ExpectileSamples } from "./expectile.ts";
export { flowMatchingLoss, type FlowMatchingBatch, type FlowMatchingLossOptions, type VelocityField } from "./flow-matching.ts";
export { lipmanPath, straightPath, trigonometricPath, type FlowPath, type PathEnds, type PathPoint } from "./flow-path.ts";
export { betaTime, logitNormalTime, uniformTime, type BetaTimeOptions, type FlowTimeSampler, type LogitNormalTimeOptions } from "./flow-time.ts";
export { addNoise, noiseRates, type ForwardBatch } from "./forward-process.ts";
export { generalizedAdvantages, type GaeOptions, type Rollouts } from "./gae.ts";
export { gaussianNll, type GaussianNllOptions, type GaussianPrediction } from "./gaussian-nll.ts";
export { gmmLogProb, gmmNll, type GaussianMixture, type GmmNllOptions } from "./gmm-nll.ts";
export { hingeLimitLoss } from "./hinge-limit.ts";
export { huberLoss, type HuberOptions } from "./huber.ts";
export { infoNceLoss, type InfoNceOptions } from "./info-nce.ts";
export { klEstimate, type KlEstimator, type KlSamples } from "./kl-estimate.ts";
export { l1Loss } from "./l1.ts";
export type { ActionLimits, LimitOptions } from "./limit-margins.ts";
export { maskedMean } from "./masked-mean.ts";
export { coupleNoise, permuteRows, type CouplingBatch } from "./minibatch-coupling.ts";
export { minimumCostAssignment } from "./minimum-cost-assignment.ts";
export { mseLoss } from "./mse.ts";
export { noiseSchedule, type CosineSchedule, type LinearSchedule, type NoiseSchedule } from "./noise-schedule.ts";
export { ppoLoss, type PpoBatch, type PpoLoss, type PpoOptions } from "./ppo.ts";
export { clipFraction, normalizeAdvantage, ppoPolicyLoss, type PolicySamples, type PpoPolicyOptions } from "./ppo-policy.ts";
export { ppoValueLoss, type ValueSamples } from "./ppo-value.ts";
export {
  PREDICTION_TYPES,
  type ForwardEnds,
  type NoiseRates,
  type PredictionName,
  type PredictionType,
} from "./prediction-type.ts";
export { relaxedLogBarrier, type RelaxedLogBarrierOptions } from "./relaxed-log-barrier.ts";
export { siglipLoss, type SiglipOptions } from "./siglip.ts";
export { smoothL1Loss, type SmoothL1Options } from "./smooth-l1.ts";
export { smoothnessLoss, type SmoothnessOptions } from "./smoothness.ts";
export { tokenAccuracy } from "./token-accuracy.ts";
export { tokenCrossEntropy, type TokenCrossEntropyOptions } from "./token-cross-entropy.ts";
export { chunkError, selectCounted, weightedMean, type ChunkWeights } from "./weighted-mean.ts";
