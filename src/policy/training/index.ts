/** @file Training: tasks, configurations, the loop, evaluation and reports. */

export { fitNormalizers, trainingBatches, type Batches } from "./batches.ts";
export { stepsWithin, type BudgetRequest } from "./budget.ts";
export { decodeCheckpoint, encodeCheckpoint, policyOf, restoreTrainer, type Checkpoint } from "./checkpoint.ts";
export type { ComparedHead, HeadResult, TracedRollout } from "./comparison.ts";
export { PRESET_NAMES, PRESETS, resolveConfig, runConfigSchema, type RunConfig, type TrainerConfig } from "./config.ts";
export {
  evaluatePolicy,
  inferenceTime,
  type EvaluateOptions,
  type InferenceTime,
  type Rollout,
} from "./evaluate.ts";
export { headActionStart, headConfigSchema, headTrainerConfig, isGenerated, KINEMATICS, resolveHeadConfig, type HeadConfig } from "./head-config.ts";
export { TOLD, type Told } from "./lanes.ts";
export { FIRST_EVALUATION_SEED, requireDemonstrationSeeds, type DemonstrationSeeds } from "./evaluation-seeds.ts";
export { FROM_NOTHING, RANGE_MARGIN, startFromHead, startFromSelf, startFrozenAtRandom, type Kept, type TrainingStart } from "./head-start.ts";
export { trainingLoop, type LoopOptions, type LoopSink } from "./loop.ts";
export { mixtureEntry, mixtureShares, type MixturePart } from "./mixture.ts";
export { trainingProgram } from "./model.ts";
export { demonstratedRows, generatedRows, headProvenance } from "./motion-rows.ts";
export { firstNonFinite, NonFiniteError } from "./non-finite.ts";
export { observerOf, type Observer, type Seen } from "./observer.ts";
export { policySpecOf } from "./perception.ts";
export { percent, percents } from "./percent.ts";
export { CONDITIONS, type HeadProvenance, type PolicyProvenance, type Provenance } from "./provenance.ts";
export { renderReport, type RunReport } from "./report/index.ts";
export { summarize, type CoverageShares, type EvalSummary, type ModeSummary } from "./summarize.ts";
export { bootstrapInterval } from "./summary-statistics.ts";
export { MADE_DATASETS, madeDataset, TASK_NAMES, taskOf, type Task } from "./tasks.ts";
export { imageColumn, trainingRows, type TrainingRows } from "./training-rows.ts";
export { openTrainer, untrainedPolicy, type StepMetrics, type Trainer, type TrainerOptions } from "./trainer.ts";
export { startFromPolicy } from "./policy-start.ts";
