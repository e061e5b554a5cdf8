/** @file π0's action expert: a small transformer that looks layer by layer at what a vision-language trunk knows. */

import { tensorFrom } from "#engine/array";
import { add, assertShape, constant, reshape, scope, ShapeError, silu, slice, sub, type Tensor } from "#engine/graph";
import {
  extendMemory, gemmaDecoder, gemmaLayerSpec, gemmaModulation, gemmaNorm, gemmaNormModulation, gemmaNormSpec, linear, linearSpec, nextPositions,
  projection, rotation, timeEmbedding, zeros, type GemmaLayerOptions, type GemmaLayerSpec, type GemmaMemory, type GemmaModulation, type GemmaNormSpec,
  type LinearSpec, type ParameterRole, type RmsModulation, type TimeEmbeddingOptions, type Traced,
} from "#engine/nn";
import type { ChunkSpec } from "./head.ts";

export interface ActionExpertOptions extends Omit<GemmaLayerOptions, "role" | "weight" | "condSize"> {
  /** Layers, as many as the trunk has; heads, kvHeads and headSize are the trunk's, too. */
  readonly depth: number;
  /** Numbers of a state that is a token in front of the actions (π0); left out where the prompt tells the state (π0.5). */
  readonly stateSize?: number;
  /** How the time comes in: beside every action (π0), or as what normalization follows (π0.5). */
  readonly time: "beside" | "normalization";
  /** Shortest and longest period of the time's sines. Default 0.004 and 4, as in the published models. */
  readonly periods?: Pick<TimeEmbeddingOptions, "minPeriod" | "maxPeriod">;
}

/** The expert of π0 and π0.5: 311 M parameters in its layers. */
export const GEMMA_300M = { width: 1024, depth: 18, hidden: 4096, heads: 8, kvHeads: 1, headSize: 256 } as const;

/** Names follow openpi's PyTorch models. */
export type ActionExpertSpec = Readonly<{
  stateProj?: LinearSpec;
  actionInProj: LinearSpec;
  /** Reads action and time, in this order. */
  actionTimeMlpIn?: LinearSpec;
  actionTimeMlpOut?: LinearSpec;
  timeMlpIn?: LinearSpec;
  timeMlpOut?: LinearSpec;
  layers: readonly GemmaLayerSpec[];
  norm: GemmaNormSpec;
  /** Writes the velocity from noise to action. */
  actionOutProj: LinearSpec;
}>;

/** What the time says to the expert, for S times at once. */
export type ExpertTime =
  | { readonly kind: "beside"; /** f32[S, 1, D] or f32[B, H, D] */ readonly features: Tensor }
  | { readonly kind: "normalization"; readonly layers: readonly GemmaModulation[]; readonly last: RmsModulation };

export interface ActionExpert {
  readonly chunk: ChunkSpec;
  readonly parameters: ActionExpertSpec;
  /**
   * The trunk's memory with the state behind it: it does not change while a chunk is drawn, for the state looks at no action.
   *
   * @param state f32[B, S] normalized; left out where the prompt tells it
   */
  remember(params: Traced<ActionExpertSpec>, memory: GemmaMemory, state?: Tensor): GemmaMemory;
  /** @param tau flow times in [0, 1]: f32[S], one for every element of a batch or for every step of a sampler, or f32[B, H], one for every action */
  times(params: Traced<ActionExpertSpec>, tau: Tensor): ExpertTime;
  /** f32[B, H, A]: the velocity at x f32[B, H, A]. @param time of B times, or of one for all */
  velocity(params: Traced<ActionExpertSpec>, x: Tensor, given: { readonly memory: GemmaMemory; readonly time: ExpertTime }): Tensor;
}

const WHO = "actionExpert";

/**
 * Actions are tokens that look at the prefix, at the state and at each other, both ways; the state looks at the prefix and itself; the prefix at
 * neither. So the prefix, and behind it the state, are worked out once for a chunk and kept layer by layer.
 *
 * Time is told as how much noise is left, 1 - τ, in sines and cosines.
 *
 * @throws RangeError for sizes that do not go together
 *
 * Source: Black et al. 2024, arXiv:2410.24164; π0.5, arXiv:2504.16054; openpi, src/openpi/models/{pi0,gemma}.py at 15a9616.
 */
export function actionExpert(chunk: ChunkSpec, options: ActionExpertOptions): ActionExpert {
  const { headSize } = options;
  const placed = (memory: GemmaMemory, tokens: number) => ({ memory, rotation: rotation(nextPositions(memory, tokens), headSize) });

  return {
    chunk,
    parameters: actionExpertSpec(chunk, options),

    remember(params, memory, state) {
      const { stateProj } = params;
      if (stateProj === undefined) return memory;
      if (state === undefined) throw new ShapeError(`${WHO}: there is no state, expected f32[B, ${options.stateSize}]: this expert reads it as a token`);
      assertShape(state, [memory.next.shape[0] ?? 0, options.stateSize ?? 0], `${WHO}: state`);
      const token = reshape(linear(stateProj, state), [state.shape[0] ?? 0, 1, -1]);
      const { own } = scope("state", () => gemmaDecoder(params.layers, token, { ...placed(memory, 1), onlyRemember: true }));
      return extendMemory(memory, own);
    },

    times: (params, tau) => scope("time", () => expertTimes(params, tau, options.periods)),

    velocity(params, x, { memory, time }) {
      assertShape(x, [x.shape[0] ?? 0, chunk.horizon, chunk.actionSize], `${WHO}: x`);
      const tokens = actionTokens(params, x, time);
      const modulations = time.kind === "normalization" ? time.layers : undefined;
      const { x: h } = gemmaDecoder(params.layers, tokens, { ...placed(memory, chunk.horizon), modulations });
      return linear(params.actionOutProj, gemmaNorm(params.norm, h, time.kind === "normalization" ? time.last : undefined));
    },
  };
}

function actionExpertSpec({ actionSize }: ChunkSpec, options: ActionExpertOptions): ActionExpertSpec {
  const { width, depth, stateSize, time } = options;
  const dense = (inputs: number, outputs: number, role: ParameterRole): LinearSpec => linearSpec(inputs, outputs, { role, bias: zeros });
  const condSize = time === "normalization" ? width : undefined;
  return {
    ...(stateSize === undefined ? {} : { stateProj: dense(stateSize, width, "modulation") }),
    actionInProj: dense(actionSize, width, "stem"),
    ...(time === "beside"
      ? { actionTimeMlpIn: dense(2 * width, width, "time"), actionTimeMlpOut: dense(width, width, "time") }
      : { timeMlpIn: dense(width, width, "time"), timeMlpOut: dense(width, width, "time") }),
    layers: Array.from({ length: depth }, () => gemmaLayerSpec({ ...options, condSize, role: "trunk" })),
    norm: gemmaNormSpec({ width, condSize, role: "trunk" }),
    actionOutProj: dense(width, actionSize, "output"),
  };
}

function expertTimes(params: Traced<ActionExpertSpec>, tau: Tensor, periods: ActionExpertOptions["periods"] = {}): ExpertTime {
  const { actionTimeMlpIn, timeMlpIn, timeMlpOut } = params;
  const width = params.actionInProj.weight.shape[0] ?? 0;
  const [batch = 0, tokens = 1] = tau.shape;
  const features = timeEmbedding(sub(1, reshape(tau, [-1])), { width, ...periods }); // [S, D]
  if (actionTimeMlpIn !== undefined) {
    // The layer reads action and time side by side; what it makes of the time is the same for all actions.
    const weight = slice(actionTimeMlpIn.weight, 1, width, 2 * width);
    return { kind: "beside", features: reshape(linear({ weight, bias: actionTimeMlpIn.bias }, features), [batch, tokens, width]) };
  }
  if (timeMlpIn === undefined || timeMlpOut === undefined) throw new TypeError(`${WHO}: there are no parameters that read the time`);
  const cond = reshape(silu(linear(timeMlpOut, silu(linear(timeMlpIn, features)))), [batch, tokens, width]);
  return {
    kind: "normalization",
    layers: params.layers.map((layer) => gemmaModulation(layer, cond)),
    last: gemmaNormModulation(params.norm, cond),
  };
}

/** f32[B, H, D] */
function actionTokens({ actionInProj, actionTimeMlpIn, actionTimeMlpOut }: Traced<ActionExpertSpec>, x: Tensor, time: ExpertTime): Tensor {
  const actions = linear(actionInProj, x);
  if (time.kind === "normalization") return actions;
  if (actionTimeMlpIn === undefined || actionTimeMlpOut === undefined) throw new TypeError(`${WHO}: there are no parameters that read action and time`);
  const width = actions.shape[2] ?? 0;
  const weight = slice(actionTimeMlpIn.weight, 1, 0, width);
  return linear(actionTimeMlpOut, silu(add(projection({ weight }, actions), time.features)));
}

/** One of the times of a sampler's steps, for all elements of a batch. */
export function expertTimeAt(time: ExpertTime, step: number): ExpertTime {
  const at = (tensor: Tensor): Tensor => slice(tensor, 0, step, step + 1);
  if (time.kind === "beside") return { ...time, features: at(time.features) };
  const modulation = ({ scale, shift, gate }: RmsModulation): RmsModulation => ({ scale: at(scale), shift: at(shift), gate: at(gate) });
  return {
    ...time,
    layers: time.layers.map(({ attention, feedForward }) => ({ attention: modulation(attention), feedForward: modulation(feedForward) })),
    last: modulation(time.last),
  };
}

/** Flow times of a sampler's steps from noise, f32[steps]. */
export function flowTimes(steps: number): Tensor {
  return constant(tensorFrom("f32", [steps], Array.from({ length: steps }, (_, i) => i / steps)));
}
