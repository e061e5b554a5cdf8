/** @file The names that checkpoints of π0 have given its tensors over time, and the ones of LeRobot's models today. */

import type { Pi0Variant } from "../network.ts";

const TRUNK = "paligemma_with_expert.paligemma.";

/** What is another name for the same thing, tried in this order. */
const RENAMES: readonly (readonly [old: RegExp, today: string])[] = [
  // LeRobot's checkpoints have the policy around the model; openpi's conversions, and the published ones, have not.
  [/^model\.(?=paligemma_with_expert\.|action_|state_proj\.|time_mlp_)/, ""],
  // Before transformers 4.52 the language model had its head inside, and there was no model around the three.
  [/^paligemma_with_expert\.paligemma\.language_model\.lm_head\./, `${TRUNK}lm_head.`],
  [/^paligemma_with_expert\.paligemma\.(?=vision_tower\.|multi_modal_projector\.|language_model\.)/, `${TRUNK}model.`],
  [/\.language_model\.model\./, ".language_model."],
  // Up to transformers 5.3.
  [/\.vision_tower\.vision_model\./, ".vision_tower."],
];

/** π0 and π0.5 have two layers in the same place, of other sizes; conversions have confused their names. */
const TIME_LAYERS: Readonly<Record<Pi0Variant, readonly [old: RegExp, today: string]>> = {
  pi0: [/^time_mlp_/, "action_time_mlp_"],
  pi05: [/^action_time_mlp_/, "time_mlp_"],
};

/**
 * The name today, without `model.`.
 *
 * Sources: huggingface/lerobot at 7427f31, policies/pi0/modeling_pi0.py `_fix_pytorch_state_dict_keys`; huggingface/lerobot issues 1406, 2291, 3109; Physical-Intelligence/openpi
 * issue 669.
 */
export function todaysName(name: string, variant: Pi0Variant): string {
  return [...RENAMES, TIME_LAYERS[variant]].reduce((path, [old, today]) => path.replace(old, today), name);
}

/** The table of words, which is also the trunk's output layer: checkpoints hold one of the two, or both. */
export const EMBEDDING = `${TRUNK}model.language_model.embed_tokens.weight`;
export const TIED_EMBEDDING = `${TRUNK}lm_head.weight`;
/** Of the expert; never used. */
export const EXPERT_OUTPUT = "paligemma_with_expert.gemma_expert.lm_head.weight";

/** Names today of tensors that no network here has, and why. */
const UNUSED: readonly (readonly [name: RegExp, why: string])[] = [
  [/^paligemma_with_expert\.gemma_expert\.lm_head\./, "the expert says no words"],
  [/^paligemma_with_expert\.paligemma\.lm_head\./, "it is the table of words, which is read by its own name"],
  [/\.position_ids$/, "it follows from the sizes"],
  [/\.rotary_emb\.inv_freq$/, "it follows from the sizes"],
  [/^(model\.)?(un)?normalize_(inputs|targets|outputs)\./, "statistics, not weights"],
];

/** Of norms that follow the time: LeRobot's own loader drops these too. */
const PLAIN_NORM = /^paligemma_with_expert\.gemma_expert\.model\.(layers\.\d+\.(input|post_attention)_layernorm|norm)\.weight$/;

/** Why a tensor is not needed; undefined where nothing is known of it. */
export function whyUnused(name: string, variant: Pi0Variant): string | undefined {
  if (variant === "pi05" && PLAIN_NORM.test(name)) return "this norm follows the time";
  return UNUSED.find(([pattern]) => pattern.test(name))?.[1];
}
