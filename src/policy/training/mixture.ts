/** @file Learning from several robots or tasks at once: whose batch a step learns from. */

import { rng } from "#engine/array";
import { policyParameters, WHOLE_NAMES, type PolicyNetwork, type PolicyNormalizers, type PolicySpec } from "#policy/policies";
import type { TrainerConfig } from "./config.ts";
import { taskOf } from "./tasks.ts";
import type { TrainingRows } from "./training-rows.ts";

/** One more source to learn from. */
export interface MixturePart {
  readonly name: string;
  /** Differs from the run's in what is seen, at most. */
  readonly config: TrainerConfig;
  readonly rows: TrainingRows;
}

/** What was learned from beside the run's own rows. */
export interface MixtureSource {
  readonly windows: number;
  readonly normalizers: PolicyNormalizers;
  /** In what its network differs from the run's: sizes of the robot, which of its actions are offsets, and what it sees. */
  readonly spec: Pick<PolicySpec, "obsSize" | "actionSize" | "relativeActions" | "vision">;
}

/** `lift` or `lift=FOLDER`: a task, and the dataset that shows it, by default the task's own. */
export function mixtureEntry(text: string): { readonly task: string; readonly dataset: string } {
  const [task = "", ...rest] = text.split("=");
  return { task, dataset: rest.length === 0 ? taskOf(task).dataset : rest.join("=") };
}

/**
 * How often each source is learned from, in proportion to a power of its size: more often than its share of the data where it is small.
 *
 * @param windows n ≥ 1 of every source
 * @param exponent between 0, all alike, and 1, by size
 * @returns shares that add up to 1
 *
 * Source: Black et al. 2024, arXiv:2410.24164, section V.A: n^0.43.
 */
export function mixtureShares(windows: readonly number[], exponent: number = 0.43): number[] {
  const weights = windows.map((count) => count ** exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Which source a step learns from, and how often that was learned from before. */
export interface SourceTurn {
  readonly source: number;
  readonly turn: number;
}

/** A pure function of seed and step: every source walks through its own windows, turn by turn, wherever training begins. */
export function sourceTurns(shares: readonly number[], seed: number): { of(step: number): SourceTurn } {
  const drawn: SourceTurn[] = [];
  const counts = shares.map(() => 0);
  const draw = (step: number): number => {
    let left = rng(seed, "mixture", step).uniform();
    const found = shares.findIndex((share) => (left -= share) < 0);
    return found === -1 ? shares.length - 1 : found; // shares add up to 1 but for rounding
  };
  return {
    of(step) {
      if (shares.length === 1) return { source: 0, turn: step };
      while (drawn.length <= step) {
        const source = draw(drawn.length);
        drawn.push({ source, turn: counts[source] ?? 0 });
        counts[source] = (counts[source] ?? 0) + 1;
      }
      return drawn[step] as SourceTurn; // drawn just now at the latest
    },
  };
}

/** @throws Error naming the first parameter in which the networks of a mixture differ */
export function demandOneNetwork(first: PolicyNetwork, other: PolicyNetwork, name: string): void {
  const shapes = new Map(policyParameters(first).map((spec) => [spec.name, spec.shape.join(", ")]));
  const theirs = policyParameters(other);
  const differs = theirs.find((spec) => shapes.get(spec.name) !== spec.shape.join(", "));
  if (differs === undefined && theirs.length === shapes.size) return;
  const what = differs === undefined ? "it has other parameters" : `${differs.name} is f32[${differs.shape.join(", ")}], expected f32[${shapes.get(differs.name) ?? "none"}]`;
  const isOtherSize = first.spec.actionSize !== other.spec.actionSize || first.spec.obsSize !== other.spec.obsSize;
  const remedy = isOtherSize && WHOLE_NAMES.includes(first.spec.head) ? "; set paddedSize (--padded-size), so that states and actions of all sources are as long" : "";
  throw new Error(`mixture: ${name} does not go into the network of the run: ${what}${remedy}`);
}
