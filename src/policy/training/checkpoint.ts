/** @file What a checkpoint holds: everything needed to act with the policy, and to go on training it. */

import { z } from "zod";
import { decodeSafetensors, encodeSafetensors, type HostTensor } from "#engine/array";
import { matchWeights, policyNetwork, type PolicySpec, type PolicyWeights } from "#policy/policies";
import type { Trainer } from "./trainer.ts";

const normalizerSchema = z.object({
  kind: z.enum(["limits", "gaussian", "quantiles"]),
  scale: z.array(z.number()),
  offset: z.array(z.number()),
});

const headerSchema = z.object({
  step: z.number().int().nonnegative(),
  spec: z.object({
    head: z.string(),
    obsSteps: z.number(),
    obsSize: z.number(),
    horizon: z.number(),
    actionSize: z.number(),
    width: z.number(),
    blocks: z.number(),
    integrationSteps: z.number(),
  }),
  normalizers: z.object({ observation: normalizerSchema, action: normalizerSchema }),
  /** Losses since the last line of metrics: so that the next line is the same after a resume. */
  pending: z.object({ lossSum: z.number(), count: z.number() }),
});

export type CheckpointHeader = z.output<typeof headerSchema>;

export interface Checkpoint {
  readonly header: CheckpointHeader;
  /** `params/…`, `ema/…`, `m/…`, `v/…` by parameter path. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/** A trainer's state as safetensors bytes. Same state, same bytes. */
export function encodeCheckpoint(trainer: Trainer, pending: CheckpointHeader["pending"]): Uint8Array {
  const { head, obsSteps, obsSize, horizon, actionSize, width, blocks, integrationSteps } = trainer.network.spec;
  const spec: PolicySpec = { head, obsSteps, obsSize, horizon, actionSize, width, blocks, integrationSteps };
  const header = { step: trainer.step, spec, normalizers: trainer.normalizers, pending };
  return encodeSafetensors(trainer.state(), { tendon: JSON.stringify(header) });
}

/** @throws Error naming the source when the bytes are no checkpoint of ours */
export function decodeCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = decodeOrExplain(bytes, source);
  const text = metadata["tendon"];
  if (text === undefined) throw new Error(`${source}: it is a safetensors file, but no checkpoint of Tendon`);
  const header = headerSchema.safeParse(JSON.parse(text));
  if (!header.success) throw new Error(`${source}: its header is not understood: ${header.error.issues[0]?.message}`);
  return { header: header.data, tensors };
}

function decodeOrExplain(bytes: Uint8Array, source: string): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    throw new Error(`${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The averaged weights of a checkpoint, ready to act. @throws Error naming every key that does not fit */
export function policyOf({ header, tensors }: Checkpoint, source: string): PolicyWeights {
  const network = policyNetwork(header.spec);
  return { network, weights: matchWeights(network, tensors, "ema/", source), normalizers: header.normalizers };
}

/** Put a checkpoint into a trainer. @throws Error naming every key that does not fit */
export function restoreTrainer(trainer: Trainer, { header, tensors }: Checkpoint, source: string): void {
  for (const prefix of ["params/", "ema/", "m/", "v/"]) matchWeights(trainer.network, tensors, prefix, source);
  trainer.restore(header.step, tensors);
}
