/** @file A checkpoint folder of π0 or π0.5, as LeRobot, openpi's conversion or Tendon wrote it. */

import { joinStored, openSafetensors, type StoredTensors } from "#engine/array";
import type { NamedSpec } from "#engine/nn";
import { z } from "zod";
import type { RangedStore } from "#world/data";
import { pi0Network, type Pi0Network } from "../network.ts";
import { parsed, parsePi0Config, type Pi0CheckpointConfig } from "./config.ts";
import { keyReport, type KeyReport } from "./key-report.ts";

export interface Pi0Checkpoint {
  readonly store: RangedStore;
  readonly config: Pi0CheckpointConfig;
  readonly network: Pi0Network;
  readonly stored: StoredTensors;
  readonly report: KeyReport;
}

export interface OpenOptions {
  /** Which parameters are to be there, such as those of the expert alone. Default all. */
  readonly isNeeded?: (spec: NamedSpec) => boolean;
}

/** Only what the action expert has: 315 M of the published 3.24 B parameters. */
export const ofExpert = ({ name }: NamedSpec): boolean => name.startsWith("expert.");

/**
 * Read everything but the weights: which model it is, its sizes, and which tensor is which parameter.
 *
 * Weights are in `model.safetensors`, or in the shards that `model.safetensors.index.json` names; no more than their heads is read.
 *
 * @throws Error naming the file that is missing or not understood
 */
export async function openPi0Checkpoint(store: RangedStore, { isNeeded }: OpenOptions = {}): Promise<Pi0Checkpoint> {
  const stored = await openWeights(store);
  const config = await textOf(store, "config.json");
  if (config === undefined) throw new Error(`${store.name}: config.json is missing; is this a checkpoint folder, such as LeRobot's pretrained_model?`);
  const [sizes, preprocessor] = [await textOf(store, "tendon.json"), await textOf(store, "policy_preprocessor.json")];
  const parsed = parsePi0Config({ config, sizes, preprocessor, keys: stored.entries.keys(), source: store.name });
  const network = pi0Network(parsed.variant, parsed.size, { integrationSteps: parsed.integrationSteps });
  return { store, config: parsed, network, stored, report: keyReport(stored, network, isNeeded) };
}

const WEIGHTS = "model.safetensors";
const INDEX = `${WEIGHTS}.index.json`;
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

async function openWeights(store: RangedStore): Promise<StoredTensors> {
  const index = await textOf(store, INDEX);
  const paths = index === undefined ? [WEIGHTS] : shardsOf(index, `${store.name}/${INDEX}`);
  const files = await Promise.all(
    paths.map(async (path) => {
      const source = await store.open(path);
      if (source === undefined) throw new Error(`${store.name}: ${path} is missing; is this a checkpoint folder, and is it complete?`);
      return await openSafetensors(source);
    }),
  );
  return joinStored(files);
}

/** @throws Error for a path that leads out of the folder */
function shardsOf(index: string, source: string): string[] {
  const paths = [...new Set(Object.values(parsed(indexSchema, index, source).weight_map))];
  const strange = paths.find((path) => !/^[\w.-]+\.safetensors$/.test(path));
  if (strange !== undefined) throw new Error(`${source}: shard "${strange}", expected the name of a safetensors file in the same folder`);
  return paths;
}

/** Undefined where there is no such file. */
export async function textOf(store: RangedStore, path: string): Promise<string | undefined> {
  const bytes = await store.read(path);
  return bytes && new TextDecoder().decode(bytes);
}
