/** @file Residual block of two convolutions with a modulation between them: what the conditional U-Net is built of. */

import { add, mish, mul, reshape, slice, type Tensor } from "#engine/graph";
import {
  conv1d,
  conv1dSpec,
  groupNorm,
  groupNormSpec,
  linearSpec,
  type Conv1dSize,
  type Conv1dSpec,
  type LayerNormSpec,
  type LinearSpec,
  type ParameterRole,
  type Traced,
} from "#engine/nn";

/** How conditioning acts on features: scaled and shifted, or shifted alone. */
export type FilmKind = "scale-and-bias" | "bias";

/** A convolution, group normalization and Mish. */
export type ConvBlockSpec = {
  readonly conv: Conv1dSpec;
  readonly norm: LayerNormSpec;
};

export type ConditionalBlockSpec = {
  readonly first: ConvBlockSpec;
  /** Scales, then shifts, of every channel; of `"bias"` the shifts alone. */
  readonly film: LinearSpec;
  readonly second: ConvBlockSpec;
  /** Where the number of channels changes. */
  readonly residual?: Conv1dSpec;
};

export interface ConditionalBlockSize extends Conv1dSize {
  /** Features the modulation is made from. */
  readonly features: number;
  readonly film: FilmKind;
}

export function convBlockSpec(size: Conv1dSize, role: ParameterRole): ConvBlockSpec {
  return { conv: conv1dSpec(size, role), norm: groupNormSpec(size.outputs, "trunk") };
}

/** @param role of what reads the block's input */
export function conditionalBlockSpec(size: ConditionalBlockSize, role: ParameterRole): ConditionalBlockSpec {
  const { inputs, outputs, features, film } = size;
  return {
    first: convBlockSpec(size, role),
    film: linearSpec(features, film === "bias" ? outputs : 2 * outputs, { role: "modulation" }),
    second: convBlockSpec({ ...size, inputs: outputs }, "trunk"),
    ...(inputs === outputs ? {} : { residual: conv1dSpec({ inputs, outputs, kernel: 1 }, role) }),
  };
}

/** f32[B, L, inputs] → f32[B, L, outputs], the length kept. */
export function convBlock(p: Traced<ConvBlockSpec>, x: Tensor, groups: number): Tensor {
  const padding = (p.conv.taps.length - 1) / 2;
  return mish(groupNorm(p.norm, conv1d(p.conv, x, { padding }), groups));
}

/**
 * second(film(first(x))) + residual(x).
 *
 * @param x f32[B, L, inputs]
 * @param film what the block's `film` layer made: f32[B, 2·outputs], or f32[B, outputs] where it only shifts
 * @returns f32[B, L, outputs]
 *
 * Source: real-stanford/diffusion_policy, diffusion_policy/model/diffusion/conditional_unet1d.py at 5ba07ac; FiLM: Perez
 * et al. 2017, arXiv:1709.07871.
 */
export function conditionalBlock(p: Traced<ConditionalBlockSpec>, x: Tensor, film: Tensor, groups: number): Tensor {
  const h = modulate(convBlock(p.first, x, groups), film);
  const skipped = p.residual === undefined ? x : conv1d(p.residual, x);
  return add(convBlock(p.second, h, groups), skipped);
}

/** scale·h + shift, the same at every step of the sequence. */
function modulate(h: Tensor, film: Tensor): Tensor {
  const [batch = 0, , channels = 0] = h.shape;
  const row = (from: number): Tensor => reshape(slice(film, 1, from, from + channels), [batch, 1, channels]);
  return film.shape[1] === channels ? add(h, row(0)) : add(mul(h, row(0)), row(channels));
}
