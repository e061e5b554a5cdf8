/** @file Observation encoder: everything that is observed, by name, fused into the conditioning of a head. */

import { zeros, type HostTensor } from "#engine/array";
import { broadcastTo, concat, formatType, reshape, scope, ShapeError, type Tensor } from "#engine/graph";
import type { ParameterTree, TracedTree } from "#engine/nn";

/** One tensor of an observation, as a graph takes it in. */
export interface ObservationInput {
  readonly dtype: "f32" | "i64";
  /** Its shape for a batch of B. */
  shape(batch: number): readonly number[];
}

/** Inputs, or tensors, by name: `observation` the state, `image.NAME` a camera, `text` the instruction. */
export type ObservationInputs = Readonly<Record<string, ObservationInput>>;
export type Observations = Readonly<Record<string, Tensor>>;

/** A tensor of zeros for each input, for a batch of B. */
export function observationBuffers(inputs: ObservationInputs, batch: number): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { dtype, shape }]) => [name, zeros(dtype, shape(batch))]));
}

/** Maps observations to the conditioning of a head, whatever that is. */
export interface ObservationReader<C> {
  readonly parameters: ParameterTree;
  /** What it reads. */
  readonly inputs: ObservationInputs;
  /**
   * @param observations a tensor for each of `inputs`; others are not looked at
   * @throws ShapeError naming a tensor that is missing or of another type
   */
  encode(params: TracedTree, observations: Observations): C;
}

/** Maps observations to features f32[B, C]. */
export interface ObservationEncoder extends ObservationReader<Tensor> {
  /** C */
  readonly condSize: number;
}

/** An encoder of one kind of observation, as a part of the whole. */
export interface ObservationPart {
  readonly parameters: ParameterTree;
  /** F: features of one observation step. */
  readonly size: number;
  inputs(obsSteps: number): ObservationInputs;
  /** @returns f32[B, O, F], or f32[B, F] of what is the same at all steps */
  features(params: TracedTree, observations: Observations): Tensor;
}

/**
 * Parts side by side, in the order they are named, for every observation step, and the steps one after the other, oldest first. What is the same
 * at all steps, such as an instruction, is repeated: heads that take the steps apart find it in each.
 *
 * @param obsSteps O
 * @throws RangeError when there is no part, or two read the same input
 *
 * Source: the order of huggingface/lerobot at 7427f31, policies/diffusion, `_prepare_global_conditioning`; diffusion_policy at 5ba07ac,
 * `obs_as_global_cond`.
 */
export function observationEncoder(obsSteps: number, parts: Readonly<Record<string, ObservationPart>>): ObservationEncoder {
  const named = Object.entries(parts);
  const inputs = disjoint(named.map(([name, part]) => [name, part.inputs(obsSteps)]));
  const size = named.reduce((total, [, part]) => total + part.size, 0);
  return {
    parameters: Object.fromEntries(named.map(([name, part]) => [name, part.parameters])),
    condSize: obsSteps * size,
    inputs,
    encode(params, observations) {
      const batch = assertObservations(inputs, observations);
      const features = named.map(([name, part]) => {
        // A part's parameters stand under its name.
        const own = (params as Readonly<Record<string, TracedTree>>)[name] as TracedTree;
        return perStep(scope(name, () => part.features(own, observations)), [batch, obsSteps, part.size], name);
      });
      return reshape(features.length === 1 ? (features[0] as Tensor) : concat(features, 2), [batch, obsSteps * size]);
    },
  };
}

/** f32[B, O, F] of either form. */
function perStep(features: Tensor, shape: readonly [batch: number, obsSteps: number, size: number], name: string): Tensor {
  const [batch, , size] = shape;
  const whole = features.shape.length === 2 ? broadcastTo(reshape(features, [batch, 1, size]), shape) : features;
  if (whole.shape.join() !== shape.join()) {
    throw new ShapeError(`observationEncoder: features of ${name} are ${formatType(features)}, expected [${shape.join(", ")}]`);
  }
  return whole;
}

/** @returns B. @throws ShapeError naming a tensor that is missing or of another type */
export function assertObservations(inputs: ObservationInputs, observations: Observations): number {
  const [first = ""] = Object.keys(inputs);
  const batch = observations[first]?.shape[0] ?? 0;
  for (const [name, { dtype, shape }] of Object.entries(inputs)) {
    const tensor = observations[name];
    if (tensor === undefined) {
      throw new ShapeError(`observationEncoder: there is no ${name}, only ${Object.keys(observations).join(", ") || "nothing"}`);
    }
    // f64 stands in for f32 where derivatives are checked.
    const isOfType = tensor.dtype === dtype || (dtype === "f32" && tensor.dtype === "f64");
    if (!isOfType || tensor.shape.join() !== shape(batch).join()) {
      throw new ShapeError(`observationEncoder: ${name} is ${formatType(tensor)}, expected ${formatType({ dtype, shape: shape(batch) })}`);
    }
  }
  return batch;
}

function disjoint(parts: readonly (readonly [name: string, inputs: ObservationInputs])[]): ObservationInputs {
  if (parts.length === 0) throw new RangeError("observationEncoder: got no part, expected at least one");
  const readers = new Map<string, string>();
  for (const [part, inputs] of parts) {
    for (const name of Object.keys(inputs)) {
      const other = readers.get(name);
      if (other !== undefined) throw new RangeError(`observationEncoder: ${other} and ${part} both read ${name}, expected one part for each`);
      readers.set(name, part);
    }
  }
  return Object.assign({}, ...parts.map(([, inputs]) => inputs));
}
