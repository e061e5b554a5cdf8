/** @file Every loss on small values: tests enumerate them, in Node and in Chromium. */

import {
  ADVANTAGE_WEIGHTS, advantageWeightedLoss, barrierResidual, barrierResidualOf, coTrainingLoss, denoisingLoss, distillationKl,
  expectileLoss, flowMatchingLoss, gaussianDistillation, gaussianNll, gmmNll, hingeLimitLoss, huberLoss, infoNceLoss, klEstimate,
  l1Loss, maskedMean, matchedDistillation, mseLoss, noiseSchedule, ppoLoss, ppoPolicyLoss, ppoValueLoss, PREDICTION_TYPES,
  type PredictionName, regressionDistillation, relaxedLogBarrier, siglipLoss, smoothL1Loss, smoothnessLoss, tokenCrossEntropy,
  weightedMean,
} from "#action/losses";
import { fill, mul, type Tensor, type TensorType } from "#engine/graph";
import { normals } from "./normals.ts";
import { bool, f64, i64 } from "./tensor-types.ts";

/** A loss on given values, for laws that hold for every loss. */
export interface LossCase {
  readonly name: string;
  readonly loss: (...inputs: Tensor[]) => Tensor;
  /** Types of the inputs in float64, the mask last. */
  readonly specs: readonly TensorType[];
  readonly values: readonly (readonly number[])[];
  /** What the mask holds where an entry does not count. */
  readonly masked: 0 | 1;
  /** Which inputs get no gradient, by position: those taken for constant, such as a teacher, and those not read. Default none. */
  readonly constants?: readonly number[];
  /** Whose name the errors begin with, where the loss is made of others. */
  readonly who?: string;
}

const [B, H, A] = [2, 3, 2] as const;
const chunk = f64(B, H, A);
const [prediction, target] = [normals(B * H * A, 1), normals(B * H * A, 2)];
const isPad = [0, 0, 1, 0, 1, 1];
const weighted = { timeWeights: [1, 0.5, 0.25], dimWeights: [2, 0.5] };

function regression(name: string, loss: (prediction: Tensor, target: Tensor, isPad: Tensor) => Tensor): LossCase {
  return { name, loss: loss as LossCase["loss"], specs: [chunk, chunk, bool(B, H)], values: [prediction, target, isPad], masked: 1 };
}

const limits = { lower: [-0.3, -0.5], upper: [0.4, Infinity] };

function ofChunk(name: string, loss: (x: Tensor, isPad: Tensor) => Tensor): LossCase {
  return { name, loss: loss as LossCase["loss"], specs: [chunk, bool(B, H)], values: [prediction, isPad], masked: 1 };
}

/** A loss over three numbers per sample; `constants` as of a case. */
function samples(name: string, constants: readonly number[], loss: (a: Tensor, b: Tensor, c: Tensor, isValid: Tensor) => Tensor): LossCase {
  const values = [...[14, 15, 16].map((seed) => normals(6, seed)), [1, 0, 1, 1, 0, 1]];
  return { name, loss: loss as LossCase["loss"], specs: [f64(6), f64(6), f64(6), bool(6)], values, masked: 0, constants };
}

export const LOSS_CASES: readonly LossCase[] = [
  { ...samples("maskedMean", [1, 2], (values, _, __, isValid) => maskedMean(values, isValid)), who: "broadcastTo" },
  ofChunk("weightedMean", (x, isPad) => weightedMean(x, { isPad, ...weighted })),
  regression("mseLoss", (p, t, isPad) => mseLoss(p, t, { isPad })),
  regression("mseLoss with weights", (p, t, isPad) => mseLoss(p, t, { isPad, ...weighted })),
  regression("l1Loss", (p, t, isPad) => l1Loss(p, t, { isPad, ...weighted })),
  regression("huberLoss", (p, t, isPad) => huberLoss(p, t, { isPad, ...weighted, delta: 0.5 })),
  regression("smoothL1Loss", (p, t, isPad) => smoothL1Loss(p, t, { isPad, ...weighted, beta: 0.5 })),
  ...[0, 0.5].map((beta): LossCase => ({
    name: `gaussianNll with β = ${beta}`,
    loss: (mean, target, logVariance, isPad) =>
      gaussianNll({ mean: mean as Tensor, logVariance: logVariance as Tensor, target: target as Tensor }, { isPad: isPad as Tensor, ...weighted, beta }),
    specs: [chunk, chunk, chunk, bool(B, H)],
    values: [prediction, target, normals(B * H * A, 3), isPad],
    masked: 1,
  })),
  ...[{}, { labelSmoothing: 0.1, ordinalSigma: 1, focalGamma: 2, zLoss: 0.1 }].map((options): LossCase => ({
    name: `tokenCrossEntropy with ${JSON.stringify(options)}`,
    loss: (logits, target, isValid) => tokenCrossEntropy(logits as Tensor, target as Tensor, { ...options, isValid: isValid as Tensor }),
    specs: [f64(B, H, 4), i64(B, H), bool(B, H)],
    values: [normals(B * H * 4, 4), [0, 3, 1, 2, 2, 0], [1, 0, 1, 0, 1, 1]],
    masked: 0,
  })),
  {
    name: "gmmNll",
    loss: (logits, means, logScales, actions, isPad) =>
      gmmNll({ logits: logits as Tensor, means: means as Tensor, logScales: logScales as Tensor }, actions as Tensor, { isPad: isPad as Tensor, timeWeights: [1, 0.5, 0.25] }),
    specs: [f64(B, H, 2), f64(B, H, 2, A), f64(B, H, 2, A), chunk, bool(B, H)],
    values: [normals(B * H * 2, 5), normals(B * H * 2 * A, 6), normals(B * H * 2 * A, 7), target, isPad],
    masked: 1,
  },
  ofChunk("smoothnessLoss", (x, isPad) => smoothnessLoss(x, { isPad, velocity: 1, acceleration: 0.5, jerk: 0.25, dtS: 0.5 })),
  ofChunk("smoothnessLoss over chunks", (x, isPad) => smoothnessLoss(x, { isPad, velocity: 1, reduction: "sum-over-chunk" })),
  ofChunk("hingeLimitLoss", (x, isPad) => hingeLimitLoss(x, { isPad, ...limits })),
  ofChunk("relaxedLogBarrier", (x, isPad) => relaxedLogBarrier(x, { isPad, ...limits, delta: 0.2, mu: 0.5, reduction: "sum-over-dims" })),
  ofChunk("barrierResidual", (x, isPad) => barrierResidual(x, { isPad, ...limits, alpha: 0.3 })),
  ofChunk("barrierResidualOf", (x, isPad) => barrierResidualOf(x, { isPad, alpha: 0.3 })),
  ...[infoNceLoss, siglipLoss].map((loss): LossCase => ({
    name: loss.name,
    loss: (query, key, isValid) => loss(query as Tensor, key as Tensor, { isValid: isValid as Tensor }),
    specs: [f64(4, 3), f64(4, 3), bool(4)],
    values: [normals(12, 8), normals(12, 9), [1, 0, 1, 1]],
    masked: 0,
  })),
  {
    name: "flowMatchingLoss",
    loss: (actions, noise, isPad) =>
      flowMatchingLoss((x) => x, { actions: actions as Tensor, noise: noise as Tensor, tau: fill([B], 0.3, (actions as Tensor).dtype), isPad: isPad as Tensor }, weighted),
    specs: [chunk, chunk, bool(B, H)],
    values: [prediction, target, isPad],
    masked: 1,
  },
  ...Object.keys(PREDICTION_TYPES).map((predicts): LossCase => ({
    name: `denoisingLoss of ${predicts}`,
    loss: (actions, noise, step, isPad) =>
      denoisingLoss((x) => mul(x, 0.5), { actions: actions as Tensor, noise: noise as Tensor, step: step as Tensor, isPad: isPad as Tensor }, {
        schedule: noiseSchedule({ kind: "cosine", steps: 10 }),
        predicts: predicts as PredictionName, // a key of the table
        minSnrGamma: 5,
        ...weighted,
      }),
    specs: [chunk, chunk, i64(B), bool(B, H)],
    values: [prediction, target, [1, 8], isPad],
    masked: 1,
  })),
  ...(["forward", "reverse"] as const).map((direction): LossCase => ({
    name: `distillationKl ${direction}`,
    loss: (student, teacher, isValid) => distillationKl({ student: student as Tensor, teacher: teacher as Tensor }, { isValid: isValid as Tensor, direction, temperature: 2 }),
    specs: [f64(B, H, 4), f64(B, H, 4), bool(B, H)],
    values: [normals(B * H * 4, 10), normals(B * H * 4, 11), [1, 0, 1, 0, 1, 1]],
    masked: 0,
    constants: [1],
  })),
  ...(["forward", "reverse"] as const).map((direction): LossCase => ({
    name: `gaussianDistillation ${direction}`,
    loss: (mean, logVariance, teacherMean, teacherLogVariance, isPad) =>
      gaussianDistillation(
        { mean: mean as Tensor, logVariance: logVariance as Tensor },
        { mean: teacherMean as Tensor, logVariance: teacherLogVariance as Tensor },
        { isPad: isPad as Tensor, direction, ...weighted },
      ),
    specs: [chunk, chunk, chunk, chunk, bool(B, H)],
    values: [prediction, normals(B * H * A, 12), target, normals(B * H * A, 13), isPad],
    masked: 1,
    constants: [2, 3],
  })),
  { ...regression("regressionDistillation", (p, t, isPad) => regressionDistillation(p, t, { isPad, ...weighted })), constants: [1] },
  {
    ...regression("matchedDistillation", (noisyActions, time, isPad) =>
      matchedDistillation((x) => mul(x, 0.5), (x, t) => mul(x, t), { noisyActions, time, isPad, ...weighted })),
    constants: [1],
  },
  samples("klEstimate", [2], (logProb, otherLogProb, _, isValid) => klEstimate({ logProb, otherLogProb, isValid })),
  samples("ppoPolicyLoss", [1, 2], (logProb, oldLogProb, advantage, isValid) =>
    ppoPolicyLoss({ logProb, oldLogProb, advantage, isValid }, { dualClip: 3, normalizesAdvantage: true })),
  samples("ppoValueLoss", [1, 2], (value, returns, oldValue, isValid) => ppoValueLoss({ value, returns, oldValue, isValid }, 0.2)),
  {
    ...samples("ppoLoss", [2], (logProb, oldLogProb, advantage, isValid) =>
      ppoLoss(
        { logProb, oldLogProb, advantage, isValid, value: logProb, returns: oldLogProb, entropy: logProb, baseLogProb: oldLogProb },
        { entropyWeight: 0.1, klWeight: 0.1 },
      ).loss),
    who: "ppoPolicyLoss",
  },
  samples("advantageWeightedLoss", [1, 2], (logProb, advantage, _, isValid) => advantageWeightedLoss({ logProb, advantage, isValid }, ADVANTAGE_WEIGHTS.awr)),
  samples("expectileLoss", [1, 2], (value, q, _, isValid) => expectileLoss({ value, target: q, isValid }, 0.7)),
  samples("coTrainingLoss", [2], (text, actions, _, isValid) => coTrainingLoss({ text: { values: text, isValid }, actions: { values: actions, isValid, weight: 3 } }).loss),
];
