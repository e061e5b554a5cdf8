/** @file How states and actions of a checkpoint are scaled: three layouts, none of which may be missing. */

import { z } from "zod";
import { openSafetensors, toNumbers, type StoredTensors } from "#engine/array";
import type { Normalizer, RangedStore } from "#world/data";
import { parseJson, type Pi0CheckpointConfig } from "./config.ts";

/** The robot's own numbers: as many as it has, without the padding. */
export interface Pi0Normalizers {
  readonly state: Normalizer;
  readonly action: Normalizer;
  /** How each is scaled, for reports. */
  readonly modes: Readonly<Record<"state" | "action", ScalingMode>>;
  /** The file or the tensors they come from, for reports. */
  readonly source: string;
}

/** Mean, deviation, quantiles, … of one feature. */
type Statistics = Readonly<Record<string, readonly number[]>>;

/** How a feature is scaled, by LeRobot's names. */
export type ScalingMode = "MEAN_STD" | "MIN_MAX" | "QUANTILES" | "QUANTILE10" | "IDENTITY";

/**
 * Statistics from LeRobot's processors, by the `state_file` that they name; from openpi's `assets/NAME/norm_stats.json`; or from the buffers that LeRobot kept beside the weights
 * before there were processors.
 *
 * @param asset which of openpi's assets, where there are several
 * @throws Error when there are none: LeRobot goes on without, and the arm flails
 *
 * Sources: huggingface/lerobot at 7427f31, processor/normalize_processor.py; openpi at 15a9616, src/openpi/transforms.py `Normalize` and shared/normalize.py.
 */
export async function readNormalizers(store: RangedStore, stored: StoredTensors, config: Pi0CheckpointConfig, asset?: string): Promise<Pi0Normalizers> {
  const found = (await fromProcessors(store, config)) ?? (await fromAssets(store, config, asset)) ?? (await fromBuffers(stored, config));
  if (found !== undefined) return found;
  throw new Error(
    `${store.name}: there are no statistics to scale states and actions with; expected policy_preprocessor.json with a normalizer_processor and its state_file, ` +
      "assets/NAME/norm_stats.json, or normalize_inputs buffers in the weights; compute them from the dataset the model was trained on",
  );
}

const processorSchema = z.object({
  steps: z.array(z.object({ registry_name: z.string().optional(), config: z.record(z.string(), z.unknown()).default({}), state_file: z.string().optional() })),
});

const normalizerSchema = z.object({
  eps: z.number().nonnegative().default(1e-8),
  norm_map: z.record(z.string(), z.string()),
});

async function fromProcessors(store: RangedStore, { stateSize, actionSize }: Pi0CheckpointConfig): Promise<Pi0Normalizers | undefined> {
  const path = "policy_preprocessor.json";
  const bytes = await store.read(path);
  if (bytes === undefined) return undefined;
  const source = `${store.name}/${path}`;
  const { steps } = processorSchema.parse(parseJson(new TextDecoder().decode(bytes), source));
  const step = steps.find(({ registry_name }) => registry_name === "normalizer_processor");
  if (step === undefined) return undefined;
  if (step.state_file === undefined) throw new Error(`${source}: its normalizer_processor names no state_file, so there are no statistics`);
  const file = await store.open(step.state_file);
  if (file === undefined) throw new Error(`${source}: its state_file ${step.state_file} is missing`);
  const { eps, norm_map } = normalizerSchema.parse(step.config);
  const tensors = await openSafetensors(file);
  const modes = { state: modeOf(norm_map["STATE"] ?? "IDENTITY", source), action: modeOf(norm_map["ACTION"] ?? "IDENTITY", source) };
  const of = async (feature: string, mode: ScalingMode, size: number | null): Promise<Normalizer> =>
    normalizerOf(await statisticsOf(tensors, `${feature}.`), mode, { eps, size, who: `${store.name}/${step.state_file}: ${feature}` });
  return { state: await of("observation.state", modes.state, stateSize), action: await of("action", modes.action, actionSize), modes, source: step.state_file };
}

/** Quantiles are null where they were not computed. */
const statisticsSchema = z.record(z.string(), z.array(z.number()).nullable()).transform((record) =>
  Object.fromEntries(Object.entries(record).flatMap(([name, values]) => (values === null ? [] : [[name, values] as const]))),
);
const assetSchema = z.object({ norm_stats: z.object({ state: statisticsSchema, actions: statisticsSchema }) });

/** openpi's pi0 is scaled by mean and deviation, its pi0.5 by quantiles. */
async function fromAssets(store: RangedStore, { variant, stateSize, actionSize }: Pi0CheckpointConfig, asset: string | undefined): Promise<Pi0Normalizers | undefined> {
  for (const path of asset === undefined ? ["assets/norm_stats.json", ...KNOWN_ASSETS.map((name) => `assets/${name}/norm_stats.json`)] : [`assets/${asset}/norm_stats.json`]) {
    const bytes = await store.read(path);
    if (bytes === undefined) continue;
    const source = `${store.name}/${path}`;
    const { norm_stats: { state, actions } } = assetSchema.parse(parseJson(new TextDecoder().decode(bytes), source));
    const mode: ScalingMode = variant === "pi0" ? "MEAN_STD" : "QUANTILES";
    const of = (statistics: Statistics, feature: string, size: number | null): Normalizer => normalizerOf(statistics, mode, { eps: OPENPI_EPS, size, who: `${source}: ${feature}` });
    return { state: of(state, "state", stateSize), action: of(actions, "actions", actionSize), modes: { state: mode, action: mode }, source: path };
  }
  return undefined;
}

/** Names of openpi's public assets. Others are asked for by name: a store cannot list its folders. */
const KNOWN_ASSETS = ["trossen", "trossen_mobile", "droid", "franka", "ur5e", "ur5e_dual", "arx", "arx_mobile", "fibocom_mobile", "physical-intelligence/libero"];

async function fromBuffers(stored: StoredTensors, { normalization, stateSize, actionSize }: Pi0CheckpointConfig): Promise<Pi0Normalizers | undefined> {
  const state = await statisticsOf(stored, "normalize_inputs.buffer_observation_state.");
  const action = await statisticsOf(stored, "unnormalize_outputs.buffer_action.");
  if (Object.keys(state).length === 0 || Object.keys(action).length === 0) return undefined;
  const modeFor = (type: string): ScalingMode => modeOf(normalization[type] ?? "MEAN_STD", "config.json");
  const modes = { state: modeFor("STATE"), action: modeFor("ACTION") };
  const of = (statistics: Statistics, feature: "state" | "action", size: number | null): Normalizer =>
    normalizerOf(statistics, modes[feature], { eps: 1e-8, size, who: `the weights: statistics of ${feature}` });
  return { state: of(state, "state", stateSize), action: of(action, "action", actionSize), modes, source: "buffers in the weights" };
}

/** Statistics whose names begin so, with or without `model.` in front. */
async function statisticsOf(stored: StoredTensors, prefix: string): Promise<Statistics> {
  const found: Record<string, readonly number[]> = {};
  for (const key of stored.entries.keys()) {
    const name = key.replace(/^model\./, "");
    if (name.startsWith(prefix)) found[name.slice(prefix.length)] = toNumbers(await stored.read(key));
  }
  return found;
}

function modeOf(name: string, source: string): ScalingMode {
  if (Object.hasOwn(SCALINGS, name)) return name as ScalingMode;
  throw new Error(`${source}: features are scaled by "${name}", expected ${Object.keys(SCALINGS).join(", ")}`);
}

interface Affine {
  readonly scale: number;
  readonly offset: number;
}

interface Scaling {
  readonly kind: Normalizer["kind"];
  /** Statistics it is made of. LeRobot's files hold others, such as the number of frames, which are not as long. */
  readonly needs: readonly string[];
  /** Of one dimension. */
  affineOf(at: (statistic: string) => number, eps: number): Affine;
}

/** low … high to [-1, 1]. `added` keeps what does not change from being divided by 0: openpi adds it always, LeRobot where the range is 0. */
function toInterval(kind: Normalizer["kind"], low: string, high: string): Scaling {
  return {
    kind,
    needs: [low, high],
    affineOf(at, eps) {
      const range = at(high) - at(low);
      const scale = 2 / (range === 0 || eps >= OPENPI_EPS ? range + eps : range);
      return { scale, offset: -1 - at(low) * scale };
    },
  };
}

const OPENPI_EPS = 1e-6;

const SCALINGS: Readonly<Record<ScalingMode, Scaling>> = {
  MEAN_STD: {
    kind: "gaussian",
    needs: ["mean", "std"],
    affineOf(at, eps) {
      const scale = 1 / (at("std") + eps);
      return { scale, offset: -at("mean") * scale };
    },
  },
  MIN_MAX: toInterval("limits", "min", "max"),
  QUANTILES: toInterval("quantiles", "q01", "q99"),
  QUANTILE10: toInterval("quantiles", "q10", "q90"),
  IDENTITY: { kind: "limits", needs: [], affineOf: () => ({ scale: 1, offset: 0 }) },
};

interface FeatureFacts {
  readonly eps: number;
  readonly who: string;
  /** Numbers it has by `config.json`; null where that does not say. */
  readonly size: number | null;
}

function normalizerOf(statistics: Statistics, mode: ScalingMode, { eps, who, size }: FeatureFacts): Normalizer {
  const { kind, needs, affineOf } = SCALINGS[mode];
  const used = needs.length > 0 ? needs : Object.keys(statistics).filter((name) => name !== "count");
  const width = Math.max(0, ...used.map((name) => statistics[name]?.length ?? 0));
  if (width === 0) throw new Error(`${who}: there are no statistics${needs.length > 0 ? ` ${needs.join(" and ")}, which ${mode} needs` : ""}`);
  if (size !== null && width !== size) throw new Error(`${who}: statistics of ${width} numbers, expected ${size}, as config.json says`);
  const maps = Array.from({ length: width }, (_, i) => affineOf((statistic) => {
    const value = statistics[statistic]?.[i];
    if (value !== undefined && Number.isFinite(value)) return value;
    throw new Error(`${who}: ${statistic} of dimension ${i} is ${value ?? "missing"}, which ${mode} needs`);
  }, eps));
  return { kind, scale: maps.map(({ scale }) => scale), offset: maps.map(({ offset }) => offset) };
}
