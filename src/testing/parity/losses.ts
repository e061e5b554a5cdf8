/** @file Losses by the names and inputs that golden files give them. */

import { z } from "zod";
import {
  addNoise,
  distillationKl,
  gaussianNll,
  gmmNll,
  hingeLimitLoss,
  huberLoss,
  infoNceLoss,
  l1Loss,
  mseLoss,
  noiseRates,
  noiseSchedule,
  ppoLoss,
  PREDICTION_TYPES,
  smoothnessLoss,
  straightPath,
  tokenCrossEntropy,
} from "#action/losses";
import { tensorFrom, toNumbers, type Dtype, type HostTensor } from "#engine/array";
import { constant, input, less, reshape, type Tensor } from "#engine/graph";
import type { Tensors } from "./golden-file.ts";
import { readConfig, tensorNamed, type ParityModule, type Precision } from "./traced-module.ts";

/** What a loss is built from. */
interface LossInputs {
  readonly dtype: "f32" | "f64";
  /** The input of this name, as a graph input. */
  readonly tensor: (name: string) => Tensor;
  /** The input of this name as numbers, for what is a constant here; null if the file has none. */
  readonly numbers: (name: string) => number[] | null;
  readonly config: unknown;
}

type LossAdapter = (inputs: LossInputs) => Readonly<Record<string, Tensor>>;

const DOUBLE: Precision = { dtype: "f64", outputTolerance: 1e-10, gradientTolerance: 1e-10 };
const SINGLE: Precision = { dtype: "f32", outputTolerance: 1e-5, gradientTolerance: 1e-5 };

const count = z.number().int().positive();

/** Nothing of a chunk is padding. */
function unpadded({ shape: [B = 0, H = 0] }: Tensor): { isPad: Tensor } {
  return { isPad: constant(tensorFrom("bool", [B, H], Array<number>(B * H).fill(0))) };
}

/** Mean of squares, weighted where the file brings weights and a mask in which 1 is valid. */
const mse: LossAdapter = ({ tensor, numbers }) => {
  const [prediction, target] = [tensor("prediction"), tensor("target")];
  const [timeWeights, dimWeights] = [numbers("time_weights"), numbers("dimension_weights")];
  const weights = {
    ...(numbers("mask") === null ? unpadded(prediction) : { isPad: less(tensor("mask"), 0.5) }),
    ...(timeWeights === null ? {} : { timeWeights }),
    ...(dimWeights === null ? {} : { dimWeights }),
  };
  return { loss: mseLoss(prediction, target, weights) };
};

const huber: LossAdapter = (inputs) => {
  const { delta } = readConfig(z.object({ delta: z.number() }), inputs);
  const prediction = inputs.tensor("prediction");
  return { loss: huberLoss(prediction, inputs.tensor("target"), { ...unpadded(prediction), delta }) };
};

const gaussian: LossAdapter = (inputs) => {
  const { log_var_min, log_var_max } = readConfig(z.object({ log_var_min: z.number(), log_var_max: z.number() }), inputs);
  const [mean, logVariance, target] = [inputs.tensor("mean"), inputs.tensor("log_var"), inputs.tensor("target")];
  const options = { ...unpadded(mean), logVarianceRange: [log_var_min, log_var_max] as const };
  return { loss: gaussianNll({ mean, logVariance, target }, options) };
};

const mixture: LossAdapter = (inputs) => {
  const { log_std_min, log_std_max } = readConfig(z.object({ log_std_min: z.number(), log_std_max: z.number() }), inputs);
  const [logits, means, logScales] = [inputs.tensor("logits"), inputs.tensor("mean"), inputs.tensor("log_std")];
  const options = { ...unpadded(logits), logScaleRange: [log_std_min, log_std_max] as const };
  return { loss: gmmNll({ logits, means, logScales }, inputs.tensor("target"), options) };
};

const crossEntropy: LossAdapter = (inputs) => {
  const { label_smoothing = 0 } = readConfig(z.object({ label_smoothing: z.number().optional() }), inputs);
  return { loss: tokenCrossEntropy(inputs.tensor("logits"), inputs.tensor("target"), { labelSmoothing: label_smoothing }) };
};

const infoNce: LossAdapter = (inputs) => {
  const options = readConfig(z.object({ temperature: z.number(), symmetric: z.boolean() }), inputs);
  return { loss: infoNceLoss(inputs.tensor("query"), inputs.tensor("key"), options) };
};

const distillation: LossAdapter = (inputs) => {
  const { temperature } = readConfig(z.object({ temperature: z.number() }), inputs);
  const logits = { student: inputs.tensor("student_logits"), teacher: inputs.tensor("teacher_logits") };
  return { loss: distillationKl(logits, { temperature }) };
};

const smoothness: LossAdapter = (inputs) => {
  const fields = { velocity_weight: z.number(), acceleration_weight: z.number(), jerk_weight: z.number() };
  const { velocity_weight: velocity, acceleration_weight: acceleration, jerk_weight: jerk } = readConfig(z.object(fields), inputs);
  const actions = inputs.tensor("actions");
  return { loss: smoothnessLoss(actions, { ...unpadded(actions), velocity, acceleration, jerk, reduction: "sum-over-chunk" }) };
};

/** What files call a barrier is a hinge: it costs nothing inside the limits. */
const hinge: LossAdapter = ({ tensor, numbers }) => {
  const actions = tensor("actions");
  const [lower, upper] = [numbers("lower") ?? [], numbers("upper") ?? []];
  return { loss: hingeLimitLoss(actions, { ...unpadded(actions), lower, upper, reduction: "sum-over-dims" }) };
};

/** The reference policy of a file is the base policy here. */
const ppo: LossAdapter = (inputs) => {
  const fields = { clip: z.number(), value_weight: z.number(), entropy_weight: z.number(), kl_weight: z.number() };
  const { clip, value_weight: valueWeight, entropy_weight: entropyWeight, kl_weight: klWeight } = readConfig(z.object(fields), inputs);
  const { tensor } = inputs;
  const { loss } = ppoLoss(
    {
      logProb: tensor("log_prob"),
      oldLogProb: tensor("old_log_prob"),
      baseLogProb: tensor("reference_log_prob"),
      advantage: tensor("advantage"),
      value: tensor("value"),
      returns: tensor("returns"),
      entropy: tensor("entropy"),
    },
    { clip, valueWeight, entropyWeight, klWeight },
  );
  return { loss };
};

/** `squaredcos_cap_v2` is the cosine schedule. */
const forwardProcess: LossAdapter = (inputs) => {
  const fields = { schedule: z.literal("squaredcos_cap_v2"), num_train_timesteps: count, max_beta: z.number() };
  const { num_train_timesteps: steps, max_beta: maxBeta } = readConfig(z.object(fields), inputs);
  const schedule = noiseSchedule({ kind: "cosine", steps, maxBeta });
  const ends = { actions: inputs.tensor("actions"), noise: inputs.tensor("noise") };
  const step = inputs.tensor("timestep");
  return {
    alphas_cumprod: constant(tensorFrom(inputs.dtype, [steps], schedule.alphaBars)),
    noisy: addNoise({ ...ends, step }, schedule),
    v_target: PREDICTION_TYPES.v.target(ends, noiseRates(schedule, step, inputs.dtype)),
  };
};

const flowPath: LossAdapter = ({ tensor }) => {
  const ends = { actions: tensor("actions"), noise: tensor("noise") };
  const tau = reshape(tensor("time"), [-1, 1, 1]);
  return { interpolant: straightPath.interpolate(ends, tau), target_velocity: straightPath.velocity(ends, tau) };
};

const ADAPTERS: Readonly<Record<string, LossAdapter>> = {
  mse,
  l1: ({ tensor }) => ({ loss: l1Loss(tensor("prediction"), tensor("target"), unpadded(tensor("prediction"))) }),
  huber,
  gaussian_nll: gaussian,
  gmm_nll: mixture,
  token_cross_entropy: crossEntropy,
  info_nce: infoNce,
  distillation_kl: distillation,
  smoothness,
  barrier: hinge,
  ppo,
  ddpm_forward: forwardProcess,
  flow_path: flowPath,
};

/** Parity modules of all losses. */
export const LOSSES: Readonly<Record<string, ParityModule>> = Object.fromEntries(
  Object.entries(ADAPTERS).map(([name, adapter]) => [name, lossModule(adapter)]),
);

/** Losses are differentiated by their inputs. Files in float64 are run in both precisions. */
function lossModule(adapter: LossAdapter): ParityModule {
  return {
    precisions: ({ inputs }) => (Object.values(inputs).some(({ dtype }) => dtype === "f64") ? [DOUBLE, SINGLE] : [SINGLE]),
    trace(golden, { dtype }) {
      const inputs: Record<string, Tensor> = {};
      const feeds: Record<string, HostTensor> = {};
      const tensor = (name: string): Tensor => {
        const value = inDtype(tensorNamed(golden.inputs, name, "input"), dtype);
        feeds[name] = value;
        return (inputs[name] ??= input(name, value.dtype, value.shape));
      };
      const outputs = adapter({ dtype, tensor, numbers: (name) => numbersOf(golden.inputs, name), config: golden.config });
      const gradients = Object.entries(golden.grads).map(([name, expected]) => [name, [{ of: tensor(name), expected }]] as const);
      return { inputs, feeds, outputs, gradients: Object.fromEntries(gradients) };
    },
  };
}

function numbersOf(tensors: Tensors, name: string): number[] | null {
  const found = tensors[name];
  return found === undefined ? null : toNumbers(found);
}

/** Floating-point numbers in this precision; everything else as it is. */
function inDtype(value: HostTensor, dtype: "f32" | "f64"): HostTensor {
  const floats: readonly Dtype[] = ["f32", "f64"];
  return floats.includes(value.dtype) ? tensorFrom(dtype, value.shape, value.data as Float64Array) : value;
}
