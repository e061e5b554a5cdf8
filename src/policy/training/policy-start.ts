/** @file Where training starts from: a policy that was trained before. */

import type { NamedSpec } from "#engine/nn";
import { policyNetwork } from "#policy/policies";
import { policyProblems, type Checkpoint } from "./checkpoint.ts";
import type { TrainerConfig } from "./config.ts";
import { averagedWeights, FROM_NOTHING, freezingOf, type TrainingStart } from "./head-start.ts";
import { policySpecOf } from "./perception.ts";
import type { TrainingRows } from "./training-rows.ts";

/**
 * Go on from a policy: its weights, and with them its normalizers and tokenizer, which they were trained behind. Adapters that it has not are drawn.
 *
 * @param from its folder, as it was named
 * @throws Error when it has another network, or actions of another size, naming each difference
 */
export function startFromPolicy(checkpoint: Checkpoint, from: string, { config, rows }: { readonly config: TrainerConfig; readonly rows: TrainingRows }): TrainingStart {
  const { spec, normalizers } = checkpoint.header;
  const weights = averagedWeights(checkpoint);
  if (checkpoint.header.provenance?.stage === 1) throw new Error(`${from}: it is a head without a policy; start from it with --head-from`);
  // How it was trained is no part of the network.
  const { tokenWeight: _weight, insulated: _insulated, ...shaping } = spec;
  const network = policyNetwork({ ...policySpecOf(config, { ...rows, codec: spec.codec }), integrationSteps: spec.integrationSteps });
  // Adapters are new beside a policy that has none.
  const isExpected = ({ name, role }: NamedSpec): boolean => role !== "adapter" || weights[name] !== undefined;
  const problems = policyProblems({ ...checkpoint, header: { ...checkpoint.header, spec: shaping } }, network, isExpected);
  if (problems.length > 0) throw new Error(`${from}: the policy is another one: ${problems.join("; ")}`);
  const freezing = freezingOf(config);
  return {
    ...FROM_NOTHING,
    freezing,
    kept: { ...normalizers, codec: spec.codec },
    policyWeights: weights,
    source: from,
    provenance: { stage: 3, freeze: freezing.freeze, from },
  };
}
