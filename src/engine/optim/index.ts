/** @file Optimizers: AdamW as a graph and as one fused pass, clipping, schedules, moving averages. */

export { adamWUpdate, clipByGlobalNorm, emaUpdate, globalNorm, type AdamWOptions, type AdamWState } from "./adamw.ts";
export { constantEma, powerEma, type EmaDecay, type PowerEmaOptions } from "./ema.ts";
export {
  parameterArena,
  startEma,
  type ArenaOptions,
  type ArenaSegment,
  type NamedArrays,
  type ParameterArena,
} from "./fused/arena.ts";
export {
  fusedAdamW,
  type FusedAdamW,
  type FusedAdamWOptions,
  type FusedStep,
  type FusedStepResult,
} from "./fused/fused-adamw.ts";
export type { ParameterSpec as ArenaParameter } from "./fused/layout.ts";
export {
  constantWithWarmup,
  warmupCosine,
  type ConstantWithWarmupOptions,
  type Schedule,
  type WarmupCosineOptions,
} from "./schedules.ts";
export {
  updateGraph,
  type GraphUpdate,
  type UpdatedEntry,
  type UpdateEntry,
  type UpdateOptions,
  type UpdateRates,
} from "./update-graph.ts";
