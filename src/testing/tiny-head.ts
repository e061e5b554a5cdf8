/** @file Every action head in a size for tests: the head, its batch, and its loss and sampler as programs. */

import { rng, sizeOf, tensorFrom, zeros, type Dtype, type HostTensor } from "#engine/array";
import { gradients, input, type Program, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters, type ParameterTree } from "#engine/nn";
import type { ActionHead, ChunkSpec, TypedHostInput } from "#action/heads";
import { headKind } from "#policy/policies";
import { normals } from "./normals.ts";

/** B, H, A and C of what is made here. */
export const TINY = { batch: 3, horizon: 4, actionSize: 2, condSize: 5 } as const;

const chunk: ChunkSpec = { horizon: TINY.horizon, actionSize: TINY.actionSize };

/** A head whose tree of parameters is not known. */
export type AnyHead = ActionHead<ParameterTree, string>;

/** Tensors by the names of a program's inputs. */
export type Values = Record<string, HostTensor>;

/** The head of this name, small, with a tokenizer fitted to a few random chunks where it needs one. */
export function tinyHead(head: string): AnyHead {
  const kind = headKind(head);
  const episodes = [1, 2, 3].map((seed) => Float32Array.from(normals(20 * TINY.actionSize, seed), (value) => Math.tanh(value)));
  const codec = kind.fitCodec?.(episodes, chunk) ?? null;
  const spec = { head, obsSteps: 1, obsSize: TINY.condSize, ...chunk, width: 8, blocks: 2, integrationSteps: 3, codec };
  // Nothing is known of a head's parameters but their names and shapes.
  return kind.make({ spec, chunk, condSize: TINY.condSize }) as unknown as AnyHead;
}

/** Parameters with values of about the size of trained ones, those that start at 0 included. */
export function randomParameters(head: AnyHead): Values {
  return Object.fromEntries(
    namedParameters(head.parameters).map(({ name, shape }, i) => {
      const spread = 1 / Math.sqrt(shape.at(-1) ?? 1);
      return [name, tensorFrom("f32", shape, normals(sizeOf(shape), 10 + i).map((value) => value * spread))];
    }),
  );
}

/** Conditioning, targets and host inputs of a batch; nothing is padded, unless `change` says otherwise. */
export function randomBatch(head: AnyHead, batch: number, change: { actions?: readonly number[]; isPad?: readonly number[] } = {}): Values {
  const { horizon, actionSize, condSize } = TINY;
  const { actions = normals(batch * horizon * actionSize, 2).map(Math.tanh), isPad = Array<number>(batch * horizon).fill(0) } = change;
  const targets = { actions: Float32Array.from(actions), isPad: Uint8Array.from(isPad) };
  const host = Object.entries(head.hostInputs).map(([name, hostInput]) => {
    const tensor = zeros(hostInput.dtype, hostInput.shape(batch));
    // The tensor was made with the dtype of the input that fills it.
    (hostInput as TypedHostInput<"f32">).write((tensor as HostTensor<"f32">).data, rng(3, name), targets);
    return [`host/${name}`, tensor] as const;
  });
  return {
    cond: tensorFrom("f32", [batch, condSize], normals(batch * condSize, 1)),
    actions: tensorFrom("f32", [batch, horizon, actionSize], actions),
    isPad: tensorFrom("bool", [batch, horizon], isPad),
    ...Object.fromEntries(host),
  };
}

/** The noise of so many chunks. */
export function noiseOf(head: AnyHead, batch: number, seed: number): HostTensor {
  const shape = [batch, ...head.noiseShape];
  return tensorFrom("f32", shape, normals(sizeOf(shape), seed));
}

/** Loss and metrics, and the gradients `g/…` of every parameter and of nothing else. */
export function lossProgram(head: AnyHead, batch: number, withGradients: boolean = true): Program {
  const { horizon, actionSize, condSize } = TINY;
  const inputs: Record<string, Tensor> = {};
  const declare = (name: string, dtype: Dtype, shape: readonly number[]): Tensor => (inputs[name] = input(name, dtype, shape));
  const parameters = mapParameters(head.parameters, ({ name, shape }) => declare(name, "f32", shape));
  const names = Object.keys(inputs);
  const cond = declare("cond", "f32", [batch, condSize]);
  const targets = { actions: declare("actions", "f32", [batch, horizon, actionSize]), isPad: declare("isPad", "bool", [batch, horizon]) };
  const host = Object.fromEntries(
    Object.entries(head.hostInputs).map(([name, { dtype, shape }]) => [name, declare(`host/${name}`, dtype, shape(batch))]),
  );
  const { loss, metrics } = head.loss(parameters, cond, targets, host);
  const derivatives = withGradients ? gradients(loss, names.map((name) => inputs[name] ?? loss)) : [];
  const outputs = Object.fromEntries(derivatives.map((tensor, i) => [`g/${names[i]}`, tensor]));
  const reported = Object.fromEntries(Object.entries(metrics).map(([name, tensor]) => [`metric/${name}`, tensor]));
  return { name: "loss", inputs, outputs: { loss, ...reported, ...outputs } };
}

/** The output `chunk` of inputs `cond` and `noise`. */
export function sampleProgram(head: AnyHead, batch: number): Program {
  const inputs: Record<string, Tensor> = {};
  const parameters = mapParameters(head.parameters, ({ name, shape }) => (inputs[name] = input(name, "f32", shape)));
  const cond = (inputs["cond"] = input("cond", "f32", [batch, TINY.condSize]));
  const noise = (inputs["noise"] = input("noise", "f32", [batch, ...head.noiseShape]));
  return { name: "sample", inputs, outputs: { chunk: head.sample(parameters, cond, noise) } };
}
