/** @file Diffusion action head: learn to denoise chunks, then walk from noise to a chunk. */

import { denoisingLoss, noiseSchedule, PREDICTION_TYPES, type NoiseSchedule, type PredictionName } from "#action/losses";
import { broadcastTo, cast, reshape, slice, type Tensor } from "#engine/graph";
import type { ParameterTree } from "#engine/nn";
import { ddim } from "./ddim.ts";
import { conditionAllSteps, denoise, type Denoiser } from "./denoiser.ts";
import type { ChunkSpec, SteppedHead, TypedHostInput } from "./head.ts";
import { assertDenoiser, assertHeadInputs } from "./head-inputs.ts";
import { diffusionSteps, gaussianChunk } from "./host-inputs.ts";
import { freshDraws, reverseStep, type ReverseProcess } from "./reverse-process.ts";

export interface DiffusionOptions {
  /** Default: cosine, 100 steps. */
  readonly schedule?: NoiseSchedule;
  /** What the denoiser's output is read as. Default `"epsilon"`. */
  readonly predicts?: PredictionName;
  /** γ of min-SNR weights; default none. */
  readonly minSnrGamma?: number;
  /** Network calls per chunk. Default 10. */
  readonly inferenceSteps?: number;
  /** How chunks are drawn. Default DDIM. */
  readonly sampler?: (schedule: NoiseSchedule, inferenceSteps: number) => ReverseProcess;
}

/** 100 network calls make too large a graph: for those, sample in steps. */
export interface DiffusionHead<P extends ParameterTree> extends SteppedHead<P, "noise" | "step"> {
  readonly hostInputs: { readonly noise: TypedHostInput<"f32">; readonly step: TypedHostInput<"i64"> };
  readonly process: ReverseProcess;
}

const WHO = "diffusionHead";

/**
 * The head over a denoiser made for `time: "diffusion"`.
 *
 * `noise` of `sample` is f32[B, H, A] for a sampler that adds none on its way, else f32[B, 1 + draws, H, A], the start first.
 *
 * @throws RangeError when the denoiser is made for other chunks, or `predicts` is none of the prediction types
 *
 * Source: Chi et al. 2023, arXiv:2303.04137 (Diffusion Policy).
 */
export function diffusionHead<P extends ParameterTree>(
  denoiser: Denoiser<P>,
  chunk: ChunkSpec,
  options: DiffusionOptions = {},
): DiffusionHead<P> {
  const { schedule = noiseSchedule({ kind: "cosine", steps: 100 }), predicts = "epsilon", inferenceSteps = 10 } = options;
  const { sampler = (table, steps) => ddim(table, { inferenceSteps: steps }) } = options;
  if (!Object.hasOwn(PREDICTION_TYPES, predicts)) {
    throw new RangeError(`${WHO}: there is no prediction type "${predicts}"; they are ${Object.keys(PREDICTION_TYPES).join(", ")}`);
  }
  const process = sampler(schedule, inferenceSteps);
  const draws = freshDraws(process);
  const size = [chunk.horizon, chunk.actionSize] as const;
  assertDenoiser(WHO, denoiser, chunk);
  const hostInputs = { noise: gaussianChunk(chunk), step: diffusionSteps(schedule.steps) };
  const noiseShape = draws === 0 ? size : [1 + draws, ...size];
  const sizes = { chunk, condSize: denoiser.condSize, hostInputs, noiseShape };

  return {
    chunk,
    parameters: denoiser.parameters,
    process,
    hostInputs,
    noiseShape,
    addsNoise: draws > 0,

    loss(params, cond, targets, { noise, step }) {
      assertHeadInputs(WHO, sizes, { cond, targets, inputs: { noise, step } });
      const predict = (x: Tensor, k: Tensor): Tensor => denoise(denoiser, params, { x, times: [cast(k, x.dtype)], cond });
      const { minSnrGamma } = options;
      const weighting = minSnrGamma === undefined ? {} : { minSnrGamma };
      return { loss: denoisingLoss(predict, { ...targets, noise, step }, { schedule, predicts, ...weighting }), metrics: {} };
    },

    sample(params, cond, noise) {
      assertHeadInputs(WHO, sizes, { cond, noise });
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

    stepNumbers: (steps) =>
      sampler(schedule, steps).steps.map(({ k, rates, fromChunk, fromActions, fromNoise, fresh }) => {
        return [k, rates.signal, rates.noise, fromChunk, fromActions, fromNoise, fresh];
      }),

    step(params, cond, { x, numbers, z }) {
      assertHeadInputs(WHO, sizes, { cond, x, z });
      const [k, signal, noise, fromChunk, fromActions, fromNoise, fresh] = entries(numbers, 7);
      const prediction = denoise(denoiser, params, { x, times: [broadcastTo(k, [x.shape[0] ?? 1])], cond });
      const step = { rates: { signal, noise }, fromChunk, fromActions, fromNoise, fresh };
      return reverseStep({ x, prediction, ...(z === undefined ? {} : { z }) }, step, { ...process, predicts });
    },
  };
}

/** The numbers of a vector f32[count], f32[1] each. */
function entries(numbers: Tensor, count: 7): [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor] {
  // As many as the tuple has.
  return Array.from({ length: count }, (_, i) => slice(numbers, 0, i, i + 1)) as ReturnType<typeof entries>;
}
