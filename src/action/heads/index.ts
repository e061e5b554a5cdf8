/** @file Action heads: all behind one interface. */

export type { Denoiser } from "./denoiser.ts";
export { flowMatchingHead, type FlowMatchingHead, type FlowMatchingOptions } from "./flow-matching.ts";
export type {
  ActionHead,
  ChunkSpec,
  ChunkTargets,
  HeadLoss,
  HostInput,
  HostTargets,
  TypedHostInput,
} from "./head.ts";
export { residualMlp, type ResidualMlpOptions } from "./residual-mlp.ts";
export type { TimeOptions } from "./time-features.ts";
