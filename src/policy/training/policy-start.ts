/** @file Where training starts from: a policy that was trained before. */

import { fastForEpisodes } from "#action/tokens";
import type { HostTensor } from "#engine/array";
import type { NamedSpec } from "#engine/nn";
import { mergeAdapters, policyNetwork, WHOLE_NAMES, type PolicyNormalizers, type PolicySpec, type TokenizerSpec } from "#policy/policies";
import { normalize } from "#world/data";
import { fitNormalizers } from "./batches.ts";
import { policyProblems, type Checkpoint, type CheckpointHeader } from "./checkpoint.ts";
import type { TrainerConfig } from "./config.ts";
import { averagedWeights, FROM_NOTHING, freezingOf, type TrainingStart } from "./head-start.ts";
import { knownScaling, knownTasks } from "./known-scaling.ts";
import { policySpecOf } from "./perception.ts";
import type { TrainingRows } from "./training-rows.ts";

/** What is learned next. */
export interface NextTask {
  readonly config: TrainerConfig;
  readonly rows: TrainingRows;
  /** Its name, under which a mixture keeps the scaling of what it learned from. */
  readonly task?: string;
  /** The task that the policy was made for, whose scaling is its own; else it is not known where that one is mixed in. */
  readonly learned?: string;
}

/**
 * Go on from a policy: its weights, and with them its normalizers and tokenizer, which they were trained behind. Adapters of other ranks than
 * the configuration's are added to their weights first; those that it has not are drawn.
 *
 * @param from its folder, as it was named
 * @throws Error when it has another network, or states and actions of other sizes and no padding, naming each difference
 */
export function startFromPolicy(checkpoint: Checkpoint, from: string, { config, rows, task, learned }: NextTask): TrainingStart {
  const { header } = checkpoint;
  if (header.provenance?.stage === 1) throw new Error(`${from}: it is a head without a policy; start from it with --head-from`);
  const { spec, weights } = withoutOtherAdapters(checkpoint, config);
  const normalizers = keptNormalizers(header, from, { config, rows, ...(task === undefined ? {} : { task }) });
  const codec = keptCodec(spec, from, { config, rows, action: (normalizers ?? fitNormalizers(rows, config.normalizer)).action });
  const network = policyNetwork({ ...policySpecOf(config, { ...rows, codec, points: spec.points, relativeActions: rows.relative?.dimensions }), integrationSteps: spec.integrationSteps });
  // Adapters are new beside a policy that has none.
  const isExpected = ({ name, role }: NamedSpec): boolean => role !== "adapter" || weights[name] !== undefined;
  const tensors = Object.fromEntries(Object.entries(weights).map(([name, value]) => [`ema/${name}`, value]));
  const problems = policyProblems({ header: { ...header, spec: comparedSpec(spec, network.spec) }, tensors }, network, isExpected);
  if (problems.length > 0) throw new Error(`${from}: the policy is another one: ${problems.join("; ")}`);
  const told = rows.pointing?.points ?? spec.points;
  if (told !== spec.points) throw new Error(`${from}: the policy asks where ${spec.points} points are, expected the ${told} of the task; leave pointingWeight (--pointing-weight) out to go on by actions alone`);
  const freezing = freezingOf(config);
  return {
    ...FROM_NOTHING,
    freezing,
    kept: { ...normalizers, codec, points: spec.points, mixture: { ...knownTasks(header), ...(learned === undefined ? {} : { [learned]: header }) } },
    policyWeights: weights,
    source: from,
    provenance: { stage: 3, freeze: freezing.freeze, from },
  };
}

interface EarlierPolicy {
  readonly spec: CheckpointHeader["spec"];
  readonly weights: Readonly<Record<string, HostTensor>>;
}

/** Adapters of the same ranks are trained on; others have become part of what the policy is. */
function withoutOtherAdapters(checkpoint: Checkpoint, { trunkRank, expertRank }: TrainerConfig): EarlierPolicy {
  const { spec } = checkpoint.header;
  const weights = averagedWeights(checkpoint);
  if (spec.trunkRank === trunkRank && spec.expertRank === expertRank) return { spec, weights };
  const merged = mergeAdapters(spec, weights);
  return { spec: merged.spec as CheckpointHeader["spec"], weights: merged.weights }; // a spec without ranks is one
}

/** Of this task in a mixture, else of what the policy was made for; none where that says nothing of a robot of this size. */
function keptNormalizers(header: CheckpointHeader, from: string, { config, rows, task = "" }: NextTask): PolicyNormalizers | undefined {
  const { spec, normalizers } = header;
  const own = spec.obsSize === rows.obsSize && spec.actionSize === rows.actionSize ? normalizers : undefined;
  const kept = knownScaling(knownTasks(header), task, rows) ?? own;
  if (kept !== undefined && kept.action.kind !== config.normalizer) {
    throw new Error(`${from}: normalizer (--normalizer) is ${config.normalizer}, the policy's is ${kept.action.kind}: it goes on behind the scaling that it knows`);
  }
  return kept;
}

/** The same tokens; where a trunk goes on writing them, with room for the longest chunk of the new rows. */
function keptCodec(
  { head, codec }: EarlierPolicy["spec"],
  from: string,
  { config, rows, action }: NextTask & { readonly action: PolicyNormalizers["action"] },
): TokenizerSpec | null {
  if (codec === null || config.tokenWeight === undefined || codec.scheme !== "fast") return codec;
  if (codec.actionSize !== rows.actionSize || codec.horizon !== config.horizon) {
    throw new Error(`${from}: its trunk writes chunks of ${codec.horizon} steps of ${codec.actionSize}, not of ${config.horizon} of ${rows.actionSize}; train ${head} without tokenWeight (--token-weight)`);
  }
  return fastForEpisodes(codec, rows.actions.map((actions) => normalize(action, actions)));
}

/** What of a specification says how a policy is trained, and nothing of its network. */
const HOW_TRAINED = ["noiseDraws", "tokenWeight", "insulated", "pointingWeight", "trunkRank", "expertRank"] as const satisfies readonly (keyof PolicySpec)[];

/**
 * What of an earlier policy has to be as it was: not how it was trained; where states and actions are padded, not their own sizes, but whether actions are relative; and a trunk
 * reads any cameras.
 */
function comparedSpec({ vision, ...earlier }: EarlierPolicy["spec"], ours: PolicySpec): EarlierPolicy["spec"] {
  const entries = (spec: object, isKept: (name: string) => boolean): object => Object.fromEntries(Object.entries(spec).filter(([name]) => isKept(name)));
  const isHow = (name: string): boolean => (HOW_TRAINED as readonly string[]).includes(name);
  const cameras = WHOLE_NAMES.includes(ours.head) ? ours.vision?.cameras : undefined;
  // Of another robot other dimensions are relative; of the same one they are scaled as they were.
  const relative = earlier.actionSize === ours.actionSize ? undefined : earlier.relativeActions && ours.relativeActions;
  return {
    ...(entries(earlier, (name) => !isHow(name)) as typeof earlier), // what is left out may be
    ...entries(ours, isHow),
    codec: ours.codec as EarlierPolicy["spec"]["codec"], // ours was made of theirs
    ...(earlier.paddedSize === undefined ? {} : { obsSize: ours.obsSize, actionSize: ours.actionSize, ...(relative && { relativeActions: [...relative] }) }),
    ...(vision === undefined ? {} : { vision: { ...vision, ...(cameras === undefined ? {} : { cameras: [...cameras] }) } }),
  };
}
