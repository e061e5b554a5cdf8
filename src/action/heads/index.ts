/** @file Action heads: all behind one interface. */

export { flowMatchingHead, type FlowMatchingHead, type FlowMatchingOptions } from "./flow-matching.ts";
export type { ActionHead, ChunkSpec, ChunkTargets, Denoiser, Draw } from "./head.ts";
export { residualMlp, type ResidualMlpOptions } from "./residual-mlp.ts";
