/** @file How states and actions of a checkpoint are scaled: three layouts, none of which may be missing. */

import { z } from "zod";
import { openSafetensors, toNumbers, type StoredTensors } from "#engine/array";
import type { Normalizer, RangedStore } from "#world/data";
import { checked, parsed, type Pi0CheckpointConfig } from "./config.ts";
import { textOf } from "./open.ts";

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

/** What the folder does not say, or says of several robots. */
export interface StatisticsChoice {
  /** Which of openpi's `assets/NAME`, "." for what lies in `assets` itself; needed where there are several. Then nothing else is looked at. */
  readonly asset?: string | undefined;
  /** Numbers of the robot's own state and action, where openpi's statistics have more: the others are padding. */
  readonly stateSize?: number | undefined;
  readonly actionSize?: number | undefined;
}

/**
 * Statistics from LeRobot's processors, by the `state_file` that they name; from openpi's `assets/NAME/norm_stats.json`; or from the buffers that LeRobot kept beside the weights
 * before there were processors.
 *
 * @throws Error when there are none, for LeRobot goes on without, and the arm flails; when there are those of several robots and none is chosen; when they are of another size
 *
 * Sources: huggingface/lerobot at 7427f31, processor/normalize_processor.py; openpi at 15a9616, src/openpi/transforms.py `Normalize` and shared/normalize.py.
 */
export async function readNormalizers(store: RangedStore, stored: StoredTensors, config: Pi0CheckpointConfig, choice: StatisticsChoice = {}): Promise<Pi0Normalizers> {
  const processors = choice.asset === undefined ? await fromProcessors(store, config) : undefined;
  const found = processors ?? (await fromAssets(store, config, choice)) ?? (await fromBuffers(stored, config));
  if (found !== undefined) return found;
  throw new Error(
    `${store.name}: there are no statistics to scale states and actions with; expected policy_preprocessor.json with a normalizer_processor and its state_file, ` +
      "assets/NAME/norm_stats.json (a NAME of your own is asked for by --asset NAME), or normalize_inputs buffers in the weights; compute them from the dataset the model was trained on",
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
  const text = await textOf(store, path);
  if (text === undefined) return undefined;
  const source = `${store.name}/${path}`;
  const { steps } = parsed(processorSchema, text, source);
  const step = steps.find(({ registry_name }) => registry_name === "normalizer_processor");
  if (step === undefined) return undefined;
  if (step.state_file === undefined) throw new Error(`${source}: its normalizer_processor names no state_file, so there are no statistics`);
  const file = await store.open(step.state_file);
  if (file === undefined) throw new Error(`${source}: its state_file ${step.state_file} is missing`);
  const { eps, norm_map } = checked(normalizerSchema, step.config, `${source}: normalizer_processor`);
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
async function fromAssets(store: RangedStore, { variant, ...said }: Pi0CheckpointConfig, { asset, ...own }: StatisticsChoice): Promise<Pi0Normalizers | undefined> {
  const found = await assetsOf(store, asset === undefined ? [HERE, ...KNOWN_ASSETS] : [asset]);
  const [first] = found;
  if (asset !== undefined && first === undefined) throw new Error(`${store.name}: there is no ${assetPath(asset)}, which --asset ${asset} asks for`);
  if (first === undefined) return undefined;
  if (found.length > 1) throw new Error(`${store.name}: there are statistics of several robots in assets: ${found.map(({ name }) => name).join(", ")}; say which: --asset NAME`);
  const source = `${store.name}/${first.path}`;
  const { norm_stats: { state, actions } } = parsed(assetSchema, first.text, source);
  const mode: ScalingMode = variant === "pi0" ? "MEAN_STD" : "QUANTILES";
  const of = (statistics: Statistics, feature: string, size: number | null): Normalizer =>
    normalizerOf(statistics, mode, { eps: OPENPI_EPS, size, who: `${source}: ${feature}`, isOpenpi: true });
  return { state: of(state, "state", own.stateSize ?? said.stateSize), action: of(actions, "actions", own.actionSize ?? said.actionSize), modes: { state: mode, action: mode }, source: first.path };
}

interface Asset {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** Those that are there. */
async function assetsOf(store: RangedStore, names: readonly string[]): Promise<Asset[]> {
  const found: Asset[] = [];
  for (const name of names) {
    const path = assetPath(name);
    const text = await textOf(store, path);
    if (text !== undefined) found.push({ name, path, text });
  }
  return found;
}

/** The name of what lies in `assets` itself. */
const HERE = ".";

function assetPath(name: string): string {
  return name === HERE ? "assets/norm_stats.json" : `assets/${name}/norm_stats.json`;
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
  affineOf(at: (statistic: string) => number, facts: Pick<FeatureFacts, "eps" | "isOpenpi">): Affine;
}

/** low … high to [-1, 1]. ε keeps what does not change from being divided by 0: openpi adds it always, LeRobot where the range is 0. */
function toInterval(kind: Normalizer["kind"], low: string, high: string): Scaling {
  return {
    kind,
    needs: [low, high],
    affineOf(at, { eps, isOpenpi = false }) {
      const range = at(high) - at(low);
      const scale = 2 / (range === 0 || isOpenpi ? range + eps : range);
      return { scale, offset: -1 - at(low) * scale };
    },
  };
}

const OPENPI_EPS = 1e-6;

const SCALINGS: Readonly<Record<ScalingMode, Scaling>> = {
  MEAN_STD: {
    kind: "gaussian",
    needs: ["mean", "std"],
    affineOf(at, { eps }) {
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
  /** Numbers it has; null where nothing says it. */
  readonly size: number | null;
  /** Whether openpi scaled so: statistics may have more numbers, which it cuts to those that come, and it adds ε whatever the range. */
  readonly isOpenpi?: boolean;
}

function normalizerOf(statistics: Statistics, mode: ScalingMode, facts: FeatureFacts): Normalizer {
  const { kind, needs, affineOf } = SCALINGS[mode];
  const used = needs.length > 0 ? needs : Object.keys(statistics).filter((name) => name !== "count");
  const { who, size, isOpenpi = false } = facts;
  const stored = Math.max(0, ...used.map((name) => statistics[name]?.length ?? 0));
  const width = isOpenpi ? Math.min(stored, size ?? stored) : stored;
  if (width === 0) throw new Error(`${who}: there are no statistics${needs.length > 0 ? ` ${needs.join(" and ")}, which ${mode} needs` : ""}`);
  if (size !== null && width !== size) throw new Error(`${who}: statistics of ${width} numbers, expected ${size}`);
  const maps = Array.from({ length: width }, (_, i) => affineOf((statistic) => {
    const value = statistics[statistic]?.[i];
    if (value !== undefined && Number.isFinite(value)) return value;
    throw new Error(`${who}: ${statistic} of dimension ${i} is ${value ?? "missing"}, which ${mode} needs`);
  }, facts));
  return { kind, scale: maps.map(({ scale }) => scale), offset: maps.map(({ offset }) => offset) };
}
