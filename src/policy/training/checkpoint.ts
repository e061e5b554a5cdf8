/** @file What a checkpoint holds: everything needed to act with the policy, and to go on training it. */

import { z } from "zod";
import { codecSpecSchema, fastSpecSchema } from "#action/tokens";
import { decodeSafetensors, encodeSafetensors, type HostTensor } from "#engine/array";
import type { NamedSpec } from "#engine/nn";
import { matchWeights, policyNetwork, weightProblems, type PolicyNetwork, type PolicySpec, type PolicyWeights } from "#policy/policies";
import { provenanceSchema } from "./provenance.ts";
import { STATE_PREFIXES, type Trainer } from "./trainer.ts";

const normalizerSchema = z.object({
  kind: z.enum(["limits", "gaussian", "quantiles"]),
  scale: z.array(z.number()),
  offset: z.array(z.number()),
});

const normalizersSchema = z.object({ observation: normalizerSchema, action: normalizerSchema });

const visionSchema = z.object({ cameras: z.array(z.string()), imageSize: z.number(), cropSize: z.number(), channels: z.number() });

/** What else was learned from. Those of before sources had sizes of their own have none, and the run's own are theirs. */
const sourceSchema = z.object({
  windows: z.number().int().positive(),
  normalizers: normalizersSchema,
  spec: z.object({ obsSize: z.number(), actionSize: z.number(), relativeActions: z.array(z.boolean()).exactOptional(), vision: visionSchema.exactOptional() }).exactOptional(),
});

const headerSchema = z.object({
  step: z.number().int().nonnegative(),
  /** Of all that was learned from; those of before it was counted have none. */
  windows: z.number().int().positive().optional(),
  spec: z.object({
    head: z.string(),
    obsSteps: z.number(),
    obsSize: z.number(),
    horizon: z.number(),
    actionSize: z.number(),
    width: z.number(),
    blocks: z.number(),
    integrationSteps: z.number(),
    codec: z.union([codecSpecSchema, fastSpecSchema]).nullable(),
    stateFeatures: z.number().exactOptional(),
    vision: visionSchema.exactOptional(),
    instructionBytes: z.number().exactOptional(),
    instructionWords: z.number().exactOptional(),
    relativeActions: z.array(z.boolean()).exactOptional(),
    paddedSize: z.number().exactOptional(),
    noiseDraws: z.number().exactOptional(),
    trunkRank: z.number().exactOptional(),
    expertRank: z.number().exactOptional(),
    tokenWeight: z.number().exactOptional(),
    insulated: z.boolean().exactOptional(),
    points: z.number().exactOptional(),
    pointingWeight: z.number().exactOptional(),
  }),
  normalizers: normalizersSchema,
  /** Of a mixture, what else was learned from, by task. */
  mixture: z.record(z.string(), sourceSchema).default({}),
  /** Losses and metrics since the last line that was logged: so that the next line is the same after a resume. */
  pending: z.object({ lossSum: z.number(), metricSums: z.record(z.string(), z.number()), count: z.number() }),
  provenance: provenanceSchema.optional(),
});

export type CheckpointHeader = z.output<typeof headerSchema>;

export interface Checkpoint {
  readonly header: CheckpointHeader;
  /** `params/…`, `ema/…`, `m/…`, `v/…` by parameter path; of frozen parameters `ema/…` alone. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/** A trainer's state as safetensors bytes. Same state, same bytes. */
export function encodeCheckpoint(trainer: Trainer, pending: CheckpointHeader["pending"]): Uint8Array {
  const { step, windows, normalizers, mixture, provenance, network: { spec } } = trainer;
  const header = { step, windows, spec, normalizers, ...(Object.keys(mixture).length > 0 && { mixture }), pending, ...(provenance === null ? {} : { provenance }) };
  return encodeSafetensors(trainer.state(), { tendon: JSON.stringify(header) });
}

/** @throws Error naming the source when the bytes are no checkpoint of ours */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = decodeOrExplain(bytes, source);
  const text = metadata["tendon"];
  if (text === undefined) throw new Error(`${source}: it is a safetensors file, but no checkpoint of Tendon`);
  const header = headerSchema.safeParse(jsonOrExplain(text, source));
  if (!header.success) {
    const issue = header.error.issues[0];
    throw new Error(`${source}: its header is not understood: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  return { header: header.data, tensors };
}

function decodeOrExplain(bytes: Uint8Array, source: string): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    throw new Error(`${source}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function jsonOrExplain(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${source}: its header is not JSON`);
  }
}

/**
 * One sentence for every field of its header and every averaged weight in which a checkpoint differs from a network.
 *
 * Fields are compared as well as weights: the number of integration steps, for one, shows in no weight.
 */
export function policyProblems({ header, tensors }: Checkpoint, network: PolicyNetwork, isExpected: (spec: NamedSpec) => boolean = () => true): string[] {
  const spec: Partial<PolicySpec> = network.spec;
  const names = new Set([...Object.keys(header.spec), ...Object.keys(spec)] as (keyof PolicySpec)[]);
  const fields = [...names].flatMap((name) => {
    const [ours, theirs] = [spec[name], header.spec[name]].map((value) => (value === undefined ? "none" : JSON.stringify(value)));
    return ours === theirs ? [] : [`${name} is ${theirs}, expected ${ours}`];
  });
  return [...fields, ...weightProblems(network, tensors, "ema/", isExpected)];
}

/**
 * The averaged weights of a checkpoint, ready to act.
 *
 * @param task one that was mixed in, of whose robot and behind whose scaling; default the run's own
 * @throws Error naming every key that does not fit; RangeError for a task that was not mixed in
 */
export function policyOf({ header, tensors }: Checkpoint, source: string, task?: string): PolicyWeights {
  const { normalizers, spec } = task === undefined ? header : mixedIn(header, task, source);
  // A robot without cameras, or whose actions are all absolute, says nothing of them, and has not the run's.
  const { vision: _vision, relativeActions: _relative, ...shared } = header.spec;
  const network = policyNetwork(spec === undefined ? header.spec : { ...shared, ...spec });
  return { network, weights: matchWeights(network, tensors, "ema/", source), normalizers };
}

function mixedIn({ mixture }: CheckpointHeader, task: string, source: string): CheckpointHeader["mixture"][string] {
  const found = Object.hasOwn(mixture, task) ? mixture[task] : undefined;
  if (found === undefined) throw new RangeError(`${source}: task ${task} was not mixed in, expected one of ${Object.keys(mixture).join(", ") || "none"}`);
  return found;
}

/**
 * Put a checkpoint into a trainer.
 *
 * @throws Error naming every key that does not fit, or when the data are no longer those of the run
 */
export function restoreTrainer(trainer: Trainer, { header, tensors }: Checkpoint, source: string): void {
  const unknown = Object.keys(tensors).filter((key) => !STATE_PREFIXES.some((prefix) => key.startsWith(prefix)));
  const problems = [
    ...unknown.map((key) => `${key} is not in the network`),
    ...STATE_PREFIXES.flatMap((prefix) => weightProblems(trainer.network, tensors, prefix, trainer.keeps(prefix))),
  ];
  if (problems.length > 0) throw new Error(`${source}: the checkpoint is of another network: ${problems.join("; ")}`);
  if (JSON.stringify(header.normalizers) !== JSON.stringify(trainer.normalizers)) {
    throw new Error(`${source}: its normalizers are not those of the data; the dataset has changed since the run began`);
  }
  if (header.windows !== undefined && header.windows !== trainer.windows) {
    throw new Error(`${source}: it learned from ${header.windows} windows, and there are ${trainer.windows}; the dataset has changed since the run began`);
  }
  if (JSON.stringify(learnedFrom(header.mixture)) !== JSON.stringify(learnedFrom(trainer.mixture))) {
    throw new Error(`${source}: what else it learned from is not what it was; a dataset of the mixture has changed since the run began`);
  }
  trainer.restore(header.step, tensors);
}

function learnedFrom(mixture: Trainer["mixture"] | CheckpointHeader["mixture"]): object[] {
  return Object.entries(mixture).map(([name, { windows, normalizers }]) => ({ name, windows, normalizers }));
}
