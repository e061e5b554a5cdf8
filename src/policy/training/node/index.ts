/** @file Runs on disk: train, resume, evaluate, report. */

export {
  comparedConfig,
  compareHead,
  timeHeads,
  writeComparison,
  type CompareProgress,
  type CompareRequest,
} from "./compare-heads.ts";
export { drawDemonstration } from "./demonstration-images.ts";
export { evaluateRun, writeReport, type EvalReport, type EvaluateRunOptions } from "./evaluate-run.ts";
export { DEMONSTRATION_MODE, generateDataset, type GenerateOptions, type GenerateReport } from "./generate-dataset.ts";
export { depthColumn, IMAGE_SIZES, type ImageOptions } from "./demonstration-images.ts";
export { loadRun, newestCheckpoint } from "./load-run.ts";
export { pretrainRun, readHead, readHeadConfig, type PretrainRunOptions } from "./pretrain-run.ts";
export { readRunFacts, type RunFacts } from "./run-facts.ts";
export { listCheckpoints, readMetrics, readRunConfig, type MetricsLine } from "./run-folder.ts";
export type { RunCallbacks, RunStart } from "./run-trainer.ts";
export { workerLanes } from "./worker-lanes.ts";
export { readRows, trainRun, type TrainRunOptions } from "./train-run.ts";
