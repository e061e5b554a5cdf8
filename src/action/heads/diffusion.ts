/** @file Diffusion action head: learn to denoise chunks, then walk from noise to a chunk. */

import { denoisingLoss, noiseSchedule, type NoiseSchedule, type PredictionName } from "#action/losses";
import { broadcastTo, cast, reshape, slice, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";
import { ddim } from "./ddim.ts";
import { conditionAllSteps, denoise, type Denoiser } from "./denoiser.ts";
import type { ActionHead, ChunkSpec, TypedHostInput } from "./head.ts";
import { diffusionSteps, gaussianChunk } from "./host-inputs.ts";
import { freshDraws, reverseStep, type ReverseCoefficients, type ReverseProcess } from "./reverse-process.ts";

export interface DiffusionOptions {
  /** Default: cosine, 100 steps. */
  readonly schedule?: NoiseSchedule;
  /** What the denoiser's output is read as. Default `"epsilon"`. */
  readonly predicts?: PredictionName;
  /** γ of min-SNR weights; default none. */
  readonly minSnrGamma?: number;
  /** How chunks are drawn. Default DDIM in 10 steps. */
  readonly sampler?: (schedule: NoiseSchedule) => ReverseProcess;
}

/** A diffusion head can also be sampled from outside, one network call at a time: 100 calls make too large a graph. */
export interface DiffusionHead<P extends ParameterTree> extends ActionHead<P, "noise" | "step"> {
  readonly hostInputs: { readonly noise: TypedHostInput<"f32">; readonly step: TypedHostInput<"i64"> };
  readonly process: ReverseProcess;
  /**
   * One step of the reverse process.
   *
   * @param values `x` and fresh noise `z` f32[B, H, A], diffusion step `k` f32[B]
   */
  reverse(params: Traced<P>, cond: Tensor, values: ReverseInputs): Tensor;
}

export interface ReverseInputs extends ReverseCoefficients {
  readonly x: Tensor;
  readonly z: Tensor;
  readonly k: Tensor;
}

/**
 * The head over a denoiser made for `time: "diffusion"`.
 *
 * `noise` of `sample` is f32[B, H, A] for a sampler that adds none on its way, else f32[B, 1 + draws, H, A], the start first.
 *
 * Source: Chi et al. 2023, arXiv:2303.04137 (Diffusion Policy).
 */
export function diffusionHead<P extends ParameterTree>(
  denoiser: Denoiser<P>,
  chunk: ChunkSpec,
  options: DiffusionOptions = {},
): DiffusionHead<P> {
  const { schedule = noiseSchedule({ kind: "cosine", steps: 100 }), predicts = "epsilon", sampler = ddim } = options;
  const process = sampler(schedule);
  const draws = freshDraws(process);
  const size = [chunk.horizon, chunk.actionSize] as const;

  return {
    chunk,
    parameters: denoiser.parameters,
    process,
    hostInputs: { noise: gaussianChunk(chunk), step: diffusionSteps(schedule.steps) },
    noiseShape: draws === 0 ? size : [1 + draws, ...size],

    loss(params, cond, targets, { noise, step }) {
      const predict = (x: Tensor, k: Tensor): Tensor => denoise(denoiser, params, { x, times: [cast(k, x.dtype)], cond });
      const { minSnrGamma } = options;
      const weighting = minSnrGamma === undefined ? {} : { minSnrGamma };
      return { loss: denoisingLoss(predict, { ...targets, noise, step }, { schedule, predicts, ...weighting }), metrics: {} };
    },

    sample(params, cond, noise) {
      const batch = noise.shape[0] ?? 1;
      const draw = (nth: number): Tensor => reshape(slice(noise, 1, nth, nth + 1), [batch, ...size]);
      const conditions = conditionAllSteps(denoiser, params, cond, process.steps.map(({ k }) => [k]));
      let x = draws === 0 ? noise : draw(0);
      let used = 0;
      process.steps.forEach((step, i) => {
        const prediction = denoiser.predict(params, x, conditions[i] ?? []);
        const fresh = step.fresh === 0 ? {} : { z: draw((used += 1)) };
        x = reverseStep({ x, prediction, ...fresh }, step, { ...process, predicts });
      });
      return x;
    },

    reverse(params, cond, { x, z, k, ...step }) {
      const time = broadcastTo(k, [x.shape[0] ?? 1]);
      const prediction = denoise(denoiser, params, { x, times: [time], cond });
      return reverseStep({ x, prediction, z }, step, { ...process, predicts });
    },
  };
}
