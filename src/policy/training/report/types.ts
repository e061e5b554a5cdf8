/** @file What a report is made of. */

/** One line of `metrics.jsonl`. */
export interface MetricsRow {
  readonly step: number;
  readonly loss: number;
  /** Learning rate of this step. */
  readonly lr: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm?: number;
  /** Mean score of a short evaluation during training, 0 to 1. */
  readonly evalScore?: number;
}

/** Scores are maximum coverage / 0.95, at most 1; successes are shares of episodes, 0 to 1. */
export interface EvaluationSummary {
  readonly episodes: number;
  readonly meanScore: number;
  /** Bootstrap 95 % interval of the mean score. */
  readonly meanScoreInterval: readonly [low: number, high: number];
  /** Share of episodes whose maximum coverage reached 0.80, 0.90 and 0.95. */
  readonly success80: number;
  readonly success90: number;
  readonly success95: number;
  /** Time of one chunk, ms. */
  readonly inferenceMsMedian: number;
  readonly inferenceMsP99: number;
}

export interface RolloutRecord {
  readonly seed: number;
  /** Maximum reward of the episode, 0 to 1. */
  readonly score: number;
  /** Per tick [agentX px, agentY px, blockX px, blockY px, blockAngle rad]; 512 × 512 px, y down. */
  readonly states: readonly (readonly number[])[];
}

export interface RunReport {
  /** Name of the run folder. */
  readonly run: string;
  readonly task: string;
  readonly head: string;
  /** The command line that made the run. */
  readonly command: string;
  readonly seed: number;
  /** Count of trained numbers. */
  readonly parameters: number;
  /** Wall time of training, s. */
  readonly trainSeconds: number;
  readonly stepsPerSecond: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly metrics: readonly MetricsRow[];
  /** null before any evaluation. */
  readonly evaluation: EvaluationSummary | null;
  readonly rollouts: readonly RolloutRecord[];
}
