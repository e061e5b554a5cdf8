/** @file Where training starts from: a policy that was trained before. */

import type { NamedSpec } from "#engine/nn";
import { policyNetwork, WHOLE_NAMES, type PolicySpec } from "#policy/policies";
import { policyProblems, type Checkpoint, type CheckpointHeader } from "./checkpoint.ts";
import type { TrainerConfig } from "./config.ts";
import { averagedWeights, FROM_NOTHING, freezingOf, type TrainingStart } from "./head-start.ts";
import { policySpecOf } from "./perception.ts";
import type { TrainingRows } from "./training-rows.ts";

/**
 * Go on from a policy: its weights, and with them its normalizers and tokenizer, which they were trained behind. Adapters that it has not are drawn.
 *
 * @param from its folder, as it was named
 * @throws Error when it has another network, or states and actions of other sizes and no padding, naming each difference
 */
export function startFromPolicy(checkpoint: Checkpoint, from: string, { config, rows }: { readonly config: TrainerConfig; readonly rows: TrainingRows }): TrainingStart {
  const { spec, normalizers } = checkpoint.header;
  const weights = averagedWeights(checkpoint);
  if (checkpoint.header.provenance?.stage === 1) throw new Error(`${from}: it is a head without a policy; start from it with --head-from`);
  const network = policyNetwork({ ...policySpecOf(config, { ...rows, codec: spec.codec }), integrationSteps: spec.integrationSteps });
  // Adapters are new beside a policy that has none.
  const isExpected = ({ name, role }: NamedSpec): boolean => role !== "adapter" || weights[name] !== undefined;
  const problems = policyProblems({ ...checkpoint, header: { ...checkpoint.header, spec: comparedSpec(spec, network.spec) } }, network, isExpected);
  if (problems.length > 0) throw new Error(`${from}: the policy is another one: ${problems.join("; ")}`);
  const freezing = freezingOf(config);
  return {
    ...FROM_NOTHING,
    freezing,
    // The scaling of a robot of another size says nothing of this one.
    kept: { ...(isOfSize(spec, rows) ? normalizers : {}), codec: spec.codec },
    policyWeights: weights,
    source: from,
    provenance: { stage: 3, freeze: freezing.freeze, from },
  };
}

/**
 * What of an earlier policy has to be as it was: not how it was trained; where states and actions are padded, not their own sizes; and a trunk
 * reads any cameras.
 */
function comparedSpec(earlier: CheckpointHeader["spec"], ours: PolicySpec): CheckpointHeader["spec"] {
  const { tokenWeight: _weight, insulated: _insulated, vision, ...rest } = earlier;
  const cameras = WHOLE_NAMES.includes(ours.head) ? ours.vision?.cameras : undefined;
  const sizes = earlier.paddedSize === undefined ? {} : { obsSize: ours.obsSize, actionSize: ours.actionSize };
  return { ...rest, ...sizes, ...(vision === undefined ? {} : { vision: { ...vision, ...(cameras === undefined ? {} : { cameras: [...cameras] }) } }) };
}

function isOfSize(spec: Pick<PolicySpec, "obsSize" | "actionSize">, { obsSize, actionSize }: TrainingRows): boolean {
  return spec.obsSize === obsSize && spec.actionSize === actionSize;
}
