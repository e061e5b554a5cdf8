/** @file Fill the batch of a training step: windows, their normalization, and what the head wants of the host. */

import type { HostInput, HostTargets } from "#action/heads";
import { rng, zeros, type HostTensor, type Rng } from "#engine/array";
import type { PolicyNetwork, PolicyNormalizers } from "#policy/policies";
import {
  batchIndices,
  chunkSampler,
  fitNormalizer,
  normalize,
  normalizerWarnings,
  statisticsOf,
  type ChunkSource,
  type NormalizerKind,
} from "#world/data";
import { batchSenses, type Place } from "./batch-senses.ts";
import { joined } from "./joined.ts";
import { HOST } from "./model.ts";
import { actionStatistics, anchorChunks, ofAbsolute } from "./relative-chunks.ts";
import type { TrainingRows } from "./training-rows.ts";

/** Buffers of a batch, and how to fill them for a step. */
export interface Batches {
  /** What the encoder reads, `observation` among it, `actions`, `isPad` and `host/<name>`, as the training graph names them. */
  readonly feeds: Readonly<Record<string, HostTensor>>;
  readonly windows: number;
  /** Everything the step sees, a pure function of seed and step. */
  fill(step: number): void;
}

/** Normalizers fitted to the rows that are learned from. */
export function fitNormalizers(source: TrainingRows, kind: NormalizerKind): PolicyNormalizers {
  const { leastRange } = source;
  return {
    observation: fitNormalizer(kind, statisticsOf(joined(source.observations), source.obsSize), leastRange?.observation),
    action: fitNormalizer(kind, actionStatistics(source), leastRange?.action),
  };
}

/**
 * What the normalizers of this kind cannot scale, one sentence per dimension.
 *
 * @param actionNames one per action dimension, where the dataset names them
 */
export function scalingWarnings(
  source: TrainingRows,
  kind: NormalizerKind,
  actionNames: readonly string[] | null = null,
): string[] {
  // Limits scale whatever changes at all; statistics of all rows are worth a second only where they can tell something.
  if (kind === "limits") return [];
  const { observations, obsSize } = source;
  return [
    ...normalizerWarnings(kind, statisticsOf(joined(observations), obsSize), { column: "observation", names: null }),
    ...normalizerWarnings(kind, actionStatistics(source), { column: "action", names: actionNames }),
  ];
}

/** @param options.actionStart as in `ChunkOptions`: 0, the default, for chunks that start at the tick of the last observation */
export function trainingBatches(
  network: PolicyNetwork,
  source: TrainingRows,
  normalizers: PolicyNormalizers,
  options: { readonly seed: number; readonly batch: number; readonly actionStart?: number; readonly instructionDropout?: number | undefined },
): Batches {
  const { seed, batch, actionStart = 0, instructionDropout } = options;
  const { obsSteps, obsSize, horizon, actionSize } = network.spec;
  const sampler = chunkSampler(normalizedRows(source, normalizers), { obsSteps, horizon, actionStart });
  const { windows } = sampler.index;
  const observation = zeros("f32", [batch, obsSteps, obsSize]);
  const actions = zeros("f32", [batch, horizon, actionSize]);
  const isPad = zeros("bool", [batch, horizon]);
  const senses = batchSenses(network.spec, source, { batch, instructionDropout });
  const dimensions = source.relative?.dimensions;
  const points = batchPoints(source, batch);
  const host = Object.entries(network.head.hostInputs).map(([name, hostInput]) => hostTensorOf(name, hostInput, batch));
  return {
    feeds: {
      observation,
      ...senses.feeds,
      actions,
      isPad,
      ...Object.fromEntries(host.map(({ name, tensor }) => [HOST + name, tensor])),
    },
    windows,
    fill(step) {
      const chosen = batchIndices(seed, step, batch, windows);
      sampler.fill(chosen, observation.data, actions.data, isPad.data);
      const places = Array.from(chosen, (window) => ({ episode: sampler.index.episode[window] ?? 0, tick: sampler.index.tick[window] ?? 0 }));
      senses.fill(places, rng(seed, "crop", step));
      if (dimensions !== undefined) anchorChunks(actions.data, places, { rows: source, dimensions, normalizer: normalizers.action });
      const targets = { actions: actions.data, isPad: isPad.data, points: points?.at(places) };
      for (const { name, write } of host) write(rng(seed, "draw", name, step), targets);
    },
  };
}

/** The points of B windows, at their current ticks. */
function batchPoints({ pointing }: TrainingRows, batch: number): { at(places: readonly Place[]): Float32Array } | undefined {
  if (pointing === undefined) return undefined;
  const { rows, points } = pointing;
  const size = 3 * points;
  const all = new Float32Array(batch * size);
  const nowhere = new Float32Array(size).fill(NaN);
  return {
    at(places) {
      places.forEach(({ episode, tick }, b) => all.set(rows[episode]?.subarray(tick * size, (tick + 1) * size) ?? nowhere, b * size));
      return all;
    },
  };
}

interface FilledTensor {
  readonly name: string;
  readonly tensor: HostTensor;
  write(random: Rng, targets: HostTargets): void;
}

/** A host input with the tensor it writes to. */
function hostTensorOf(name: string, hostInput: HostInput, batch: number): FilledTensor {
  const shape = hostInput.shape(batch);
  if (hostInput.dtype === "i64") {
    const tensor = zeros("i64", shape);
    return { name, tensor, write: (random, targets) => hostInput.write(tensor.data, random, targets) };
  }
  const tensor = zeros("f32", shape);
  return { name, tensor, write: (random, targets) => hostInput.write(tensor.data, random, targets) };
}

/** Normalized once, instead of once per batch; relative dimensions of actions stay physical. */
function normalizedRows(source: TrainingRows, normalizers: PolicyNormalizers): ChunkSource {
  const action = source.relative === undefined ? normalizers.action : ofAbsolute(normalizers.action, source.relative.dimensions);
  return {
    ...source,
    observations: source.observations.map((rows) => normalize(normalizers.observation, rows)),
    actions: source.actions.map((rows) => normalize(action, rows)),
  };
}
