/** @file State encoder: recent low-dimensional observations as one vector. */

import { reshape, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";

/** Maps one kind of observation to features; `observationEncoder` puts several together. */
export interface Encoder<P extends ParameterTree = ParameterTree> {
  readonly parameters: P;
  /** C: how many features. */
  readonly condSize: number;
  /** @param observation f32[B, O, S] normalized, unless the encoder takes something else. @returns f32[B, C] */
  encode(params: Traced<P>, observation: Tensor): Tensor;
}

/**
 * The last O observations side by side, oldest first. It has no parameters: a head's own conditioning layers do the
 * rest, as in Diffusion Policy's low-dimensional policies (arXiv:2303.04137, real-stanford/diffusion_policy 5ba07ac,
 * `diffusion_unet_lowdim_policy.py`, `obs_as_global_cond`).
 */
export function stateEncoder(sizes: { readonly obsSteps: number; readonly obsSize: number }): Encoder {
  const condSize = sizes.obsSteps * sizes.obsSize;
  return {
    parameters: {},
    condSize,
    encode: (_params, observation) => reshape(observation, [observation.shape[0] ?? 0, condSize]),
  };
}
