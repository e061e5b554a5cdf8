/** @file What can be wrong with a dataset before training, by name. */

import { ACTION, dimensionName, featureWidth, STATE, type Dataset, type Feature, type ImageFeature } from "./dataset.ts";
import { isConstant } from "./statistics.ts";

export interface Problem {
  /** Errors make training impossible or meaningless; warnings are worth a look. */
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** What the training run will need. */
export interface TrainingNeeds {
  /** Columns that must exist. Default: `observation.state` and `action`. */
  readonly columns?: readonly string[];
  /** H: an error if no episode is that long. */
  readonly horizon?: number;
  /** Episodes with fewer frames are reported. Default 2. */
  readonly minLength?: number;
}

/** Everything found, errors first. An empty list means: train. */
export function validateDataset(dataset: Dataset, needs: TrainingNeeds = {}): Problem[] {
  const { columns = [STATE, ACTION], horizon, minLength = 2 } = needs;
  const problems = [
    ...missingColumns(dataset, columns),
    ...lengthProblems(dataset, horizon, minLength),
    ...Object.entries(dataset.features).flatMap(([column, feature]) => columnProblems(dataset, column, feature)),
    ...Object.entries(dataset.imageFeatures ?? {}).flatMap(([column, feature]) => imageProblems(dataset, column, feature)),
  ];
  const rank = ({ severity }: Problem): number => (severity === "error" ? 0 : 1);
  return problems.sort((a, b) => rank(a) - rank(b));
}

/**
 * Stop here unless the dataset can be trained on.
 *
 * @returns the warnings
 * @throws Error with every error found
 */
export function assertTrainable(dataset: Dataset, needs: TrainingNeeds = {}): Problem[] {
  const problems = validateDataset(dataset, needs);
  const errors = problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
  if (errors.length === 0) return problems;
  throw new Error(`dataset "${dataset.name}" cannot be trained on: ${errors.join("; ")}`);
}

function missingColumns(dataset: Dataset, columns: readonly string[]): Problem[] {
  const known = Object.keys(dataset.features).join(", ") || "none";
  return columns
    .filter((column) => dataset.features[column] === undefined)
    .map((column) => ({ severity: "error", message: `column "${column}" is missing; the dataset has ${known}` }));
}

function lengthProblems(dataset: Dataset, horizon: number | undefined, minLength: number): Problem[] {
  if (dataset.episodes.length === 0) return [{ severity: "error", message: "there are no episodes" }];
  const problems: Problem[] = [];
  const longest = dataset.episodes.reduce((max, episode) => Math.max(max, episode.length), 0);
  if (horizon !== undefined && horizon > longest) {
    const message = `horizon ${horizon} is longer than every episode; the longest has ${longest} frames, choose a horizon up to ${longest}`;
    problems.push({ severity: "error", message });
  }
  const short = dataset.episodes.filter((episode) => episode.length < minLength);
  if (short.length > 0) {
    const named = listed(short.map((episode) => `${episode.index} (${episode.length})`));
    problems.push({ severity: "warning", message: `episodes shorter than ${minLength} frames: ${named}` });
  }
  return problems;
}

function imageProblems(dataset: Dataset, column: string, { shape }: ImageFeature): Problem[] {
  const size = shape[0] * shape[1] * shape[2];
  return dataset.episodes
    .filter(({ length, images }) => images?.[column]?.length !== length * size)
    .map(({ index, length, images }) => ({
      severity: "error",
      message: `${column}: episode ${index} has ${images?.[column]?.length ?? 0} values, expected ${length} images of ${shape.join(" × ")}`,
    }));
}

/** One pass over a column: the first bad value, how many there are, and the range of every dimension. */
function columnProblems(dataset: Dataset, column: string, feature: Feature): Problem[] {
  const width = featureWidth(feature);
  const min = new Float64Array(width).fill(Infinity);
  const max = new Float64Array(width).fill(-Infinity);
  const problems: Problem[] = [];
  let firstBad = "";
  let bad = 0;
  for (const episode of dataset.episodes) {
    const values = episode.columns[column];
    if (values?.length !== episode.length * width) {
      const message = `${column}: episode ${episode.index} has ${values?.length ?? 0} values, expected ${episode.length} rows of ${width}`;
      problems.push({ severity: "error", message });
      continue;
    }
    for (const [i, value] of values.entries()) {
      const dimension = i % width;
      if (Number.isFinite(value)) {
        min[dimension] = Math.min(min[dimension] ?? value, value);
        max[dimension] = Math.max(max[dimension] ?? value, value);
      } else if (bad++ === 0) {
        const frame = Math.floor(i / width);
        firstBad = `${value} in episode ${episode.index}, frame ${frame}, dimension "${dimensionName(feature, dimension)}"`;
      }
    }
  }
  if (bad > 0) {
    const more = bad > 1 ? ` and ${bad - 1} more values like it` : "";
    problems.push({ severity: "error", message: `${column}: ${firstBad}${more}; drop or repair these frames` });
  }
  return [...problems, ...constantProblems(column, feature, { min, max })];
}

function constantProblems(
  column: string,
  feature: Feature,
  { min, max }: { readonly min: Float64Array; readonly max: Float64Array },
): Problem[] {
  const constant = [...min.keys()].filter(
    (i) => isConstant((max[i] ?? 0) - (min[i] ?? 0)) && (max[i] ?? 0) >= (min[i] ?? 0),
  );
  if (constant.length === 0) return [];
  const named = listed(constant.map((i) => `"${dimensionName(feature, i)}" = ${min[i]}`));
  const message = `${column}: constant in every frame: ${named}; a policy learns nothing from it, is the sensor or joint connected?`;
  return [{ severity: "warning", message }];
}

/** At most eight items, then how many are left. */
function listed(items: readonly string[]): string {
  const shown = items.slice(0, 8).join(", ");
  return items.length > 8 ? `${shown} and ${items.length - 8} more` : shown;
}
