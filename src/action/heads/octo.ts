/** @file Octo's score network: the whole chunk, time and observation as one vector through a residual MLP. */

import { add, assertShape, concat, cos, gemm, mul, reshape, scope, ShapeError, silu, sin, type Tensor } from "#engine/graph";
import {
  layerNorm, layerNormSpec, linear, linearSpec, normal, parameter, uniform, zeros, type LinearSpec, type ParameterRole, type Traced,
} from "#engine/nn";
import type { Denoiser } from "./denoiser.ts";
import type { ChunkSpec } from "./head.ts";
import type { TimeOptions } from "./time-features.ts";

export interface OctoOptions extends TimeOptions {
  /** C: features of the conditioning. */
  readonly condSize: number;
  /** D: width of the residual stream; inside a block it is 4·D. Default 256. */
  readonly width?: number;
  /** Default 3. */
  readonly blocks?: number;
  /** Features of time, even. Default 32. */
  readonly timeSize?: number;
}

type OctoParameters = ReturnType<typeof octoSpec>;

/** Octo counts 20 diffusion steps; flow time is stretched to as many, where its frequencies tell times apart. */
const STEPS = 20;
/** That of Flax's LayerNorm. */
const EPSILON = 1e-6;

/**
 * [cos 2πWt, sin 2πWt] with learned W, through a small MLP, is joined to observation and chunk; then blocks
 * `x ← x + W₂·silu(W₁·norm(x))`.
 *
 * The first layer is kept in two parts, one for the chunk and one for all else, which need not be worked out again in every step.
 *
 * Source: Octo Model Team 2024, arXiv:2405.12213; octo-models/octo, octo/model/components/diffusion.py at 241fb35. Deviations:
 * normals that are truncated there are not here; under a flow head time runs from 0 to 20.
 */
export function octoDenoiser(chunk: ChunkSpec, options: OctoOptions): Denoiser<OctoParameters> {
  const { condSize, times = 1, time = "flow" } = options;
  const { horizon, actionSize } = chunk;
  const size = horizon * actionSize;

  return {
    chunk,
    condSize,
    parameters: octoSpec(size, options),

    condition(params, at, cond) {
      if (at.length !== times) throw new ShapeError(`octoDenoiser: got ${at.length} times, expected ${times}`);
      const columns = concat(at.map((t) => reshape(t, [-1, 1])), 1); // f32[B, times]
      const steps = time === "flow" ? mul(columns, STEPS) : columns;
      const features = scope("time", () => timeMlp(params, fourierFeatures(params.frequencies, steps)));
      return [scope("condition", () => linear(params.condition, concat([features, cond], 1)))];
    },

    predict(params, x, [condition]) {
      // Else the rows of another horizon would be taken for more chunks.
      assertShape(x, [x.shape[0] ?? 0, horizon, actionSize], "octoDenoiser: x");
      const flat = reshape(x, [-1, size]);
      // The bias of the first layer is in `condition` already.
      let h = scope("stem", () => add(gemm(flat, params.stem, { transB: true }), condition as Tensor));
      params.blocks.forEach((block, i) => {
        h = scope(`blocks.${i}`, () => add(h, linear(block.linear2, silu(linear(block.linear1, layerNorm(block.norm, h, EPSILON))))));
      });
      return scope("output", () => reshape(linear(params.output, silu(h)), x.shape));
    },
  };
}

function octoSpec(size: number, { condSize, width = 256, blocks = 3, timeSize = 32, times = 1 }: OctoOptions) {
  const given = timeSize + condSize;
  // The two parts start as one layer would.
  const whole = glorot(given + size, width);
  return {
    frequencies: parameter([timeSize / 2, times], normal(0.2), { decay: true, role: "time" }),
    time1: glorotLinear(timeSize, 2 * timeSize, "time"),
    time2: glorotLinear(2 * timeSize, timeSize, "time"),
    condition: linearSpec(given, width, { role: "modulation", weight: whole, bias: zeros }),
    stem: parameter([width, size], whole, { decay: true, role: "stem" }),
    blocks: Array.from({ length: blocks }, () => ({
      norm: layerNormSpec(width, "trunk"),
      linear1: linearSpec(width, 4 * width, { role: "trunk", weight: normal(1 / Math.sqrt(width)), bias: zeros }),
      linear2: linearSpec(4 * width, width, { role: "trunk", weight: normal(1 / Math.sqrt(4 * width)), bias: zeros }),
    })),
    output: glorotLinear(width, size, "output"),
  };
}

/** Uniform in ±√(6/(inputs + outputs)) (Glorot and Bengio 2010). */
const glorot = (inputs: number, outputs: number) => uniform(Math.sqrt(6 / (inputs + outputs)));

function glorotLinear(inputs: number, outputs: number, role: ParameterRole): LinearSpec {
  return linearSpec(inputs, outputs, { role, weight: glorot(inputs, outputs), bias: zeros });
}

/** @param frequencies f32[F, times] @param steps f32[B, times] @returns f32[B, 2·F] */
function fourierFeatures(frequencies: Tensor, steps: Tensor): Tensor {
  const angle = mul(gemm(steps, frequencies, { transB: true }), 2 * Math.PI);
  return concat([cos(angle), sin(angle)], 1);
}

function timeMlp(params: Traced<OctoParameters>, features: Tensor): Tensor {
  return linear(params.time2, silu(linear(params.time1, features)));
}
