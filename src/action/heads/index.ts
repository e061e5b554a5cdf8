/** @file Action heads: all behind one interface. */

export {
  actionExpert,
  expertTimeAt,
  flowTimes,
  GEMMA_300M,
  type ActionExpert,
  type ActionExpertOptions,
  type ActionExpertSpec,
  type ExpertTime,
} from "./action-expert.ts";
export { autoregressiveHead, type AutoregressiveHead, type AutoregressiveOptions } from "./autoregressive.ts";
export { conditionalUnet, type ConditionalUnetOptions, type ConditionalUnetParameters } from "./conditional-unet.ts";
export { ddim, type DdimOptions } from "./ddim.ts";
export { ddpm, octoDdpm, type DdpmOptions } from "./ddpm.ts";
export { denoise, type Denoiser } from "./denoiser.ts";
export { diffusionHead, type DiffusionHead, type DiffusionOptions } from "./diffusion.ts";
export { dpMlp, type DpMlpOptions } from "./dp-mlp.ts";
export type { Choice } from "./draw-index.ts";
export { encoderTransformer, type EncoderTransformerOptions } from "./encoder-transformer.ts";
export { fastHead, type FastHead, type FastHeadOptions } from "./fast-head.ts";
export { flowMatchingHead, type FlowMatchingHead, type FlowMatchingOptions } from "./flow-matching.ts";
export { gaussianHead, type GaussianHeadOptions } from "./gaussian.ts";
export { gmmHead, type GmmHeadOptions } from "./gmm.ts";
export type {
  ActionHead,
  ChunkSpec,
  ChunkTargets,
  HeadLoss,
  HostInput,
  HostTargets,
  SteppedHead,
  StepValues,
  TypedHostInput,
} from "./head.ts";
export { INTEGRATORS, type IntegratorName } from "./integrators.ts";
export type { MechanismName } from "./mechanisms.ts";
export { modulatedTransformer, type ModulatedTransformerOptions } from "./modulated-transformer.ts";
export { octoDenoiser, type OctoOptions } from "./octo.ts";
export { oftHead, type OftOptions } from "./oft.ts";
export { oneStepHead, type OneStepOptions } from "./one-step.ts";
export { pi0Head, type KnownStart, type Pi0Condition, type Pi0Draws, type Pi0Head, type Pi0HeadOptions, type Pi0Targets } from "./pi0.ts";
export { paddedActions, zeroPadded } from "./padded-actions.ts";
export { withNoiseDraws } from "./noise-draws.ts";
export { pi0HeadWithPoints, type PointingCondition, type PointingOptions, type PointingSpec } from "./pi0-with-points.ts";
export { pi0HeadWithTokens, type TokenLossOptions, type WritingCondition } from "./pi0-with-tokens.ts";
export { reduceErrors, type CountedErrors, type Pi0Reduction } from "./pi0-reduction.ts";
export { prefixTransformer } from "./prefix-transformer.ts";
export { guidanceWeight, guidedEuler, MAX_GUIDANCE, type Guidance, type GuidanceOptions, type VelocityAtStep } from "./real-time-guidance.ts";
export { regressionHead, type ChunkLoss, type RegressionOptions, type Squash } from "./regression.ts";
export { residualMlp, type ResidualMlpOptions } from "./residual-mlp.ts";
export type { TimeOptions } from "./time-features.ts";
export { tinyVlaUnet, type TinyVlaOptions } from "./tinyvla.ts";
export { transformer, type TransformerOptions } from "./transformer.ts";
export { tokenClassificationHead, type TokenClassificationHead, type TokenClassificationOptions } from "./token-classification.ts";
export { mlpTrunk, noTrunk, type MlpTrunkOptions, type Trunk } from "./trunk.ts";
