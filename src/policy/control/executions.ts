/** @file The ways of executing chunks, by name. */

import { adaptiveEnsemble } from "./adaptive-ensemble.ts";
import type { ChunkExecution, ExecutionSizes } from "./chunk-execution.ts";
import { recedingHorizon } from "./receding-horizon.ts";
import { temporalEnsemble } from "./temporal-ensemble.ts";

const EXECUTIONS = {
  "receding-horizon": recedingHorizon,
  "temporal-ensemble": temporalEnsemble,
  "adaptive-ensemble": adaptiveEnsemble,
} as const satisfies Readonly<Record<string, (sizes: ExecutionSizes) => ChunkExecution>>;

export type ExecutionName = keyof typeof EXECUTIONS;

export const EXECUTION_NAMES = Object.keys(EXECUTIONS) as [ExecutionName, ...ExecutionName[]];

/** How chunks become actions. */
export interface ExecutionChoice {
  /** Default `"receding-horizon"`. The ensembles weigh as their references do, m = 0.01 and α = 0.1. */
  readonly execution?: ExecutionName;
  /** E: ticks from one chunk to the next. */
  readonly executeSteps: number;
}

/**
 * Chunks executed in the way of this name.
 *
 * @throws RangeError unless 1 ≤ executeSteps ≤ horizon
 */
export function chunkExecution({ execution = "receding-horizon", horizon, executeSteps, actionSize }: ExecutionSizes & ExecutionChoice): ChunkExecution {
  return EXECUTIONS[execution]({ horizon, executeSteps, actionSize });
}
