/** @file A small network and its training step in every form it can be emitted: as one graph, and as gradients and update apart. */

import { hostTensor, tensorFrom, zeros, type HostTensor } from "#engine/array";
import { add, gelu, gradients, input, mean, mish, scope, sub, square, type Program, type Tensor } from "#engine/graph";
import {
  initialParameters, layerNorm, layerNormSpec, linear, linearSpec, mapParameters, namedParameters, type NamedSpec, type Traced,
} from "#engine/nn";
import { updateGraph, type GraphUpdate, type UpdateEntry, type UpdateOptions } from "#engine/optim";
import { normals } from "./normals.ts";

const [BATCH, INPUTS, WIDTH, OUTPUTS] = [6, 3, 8, 2] as const;

const role = "trunk";
const tree = {
  stem: linearSpec(INPUTS, WIDTH, { role }),
  blocks: Array.from({ length: 2 }, () => ({
    norm: layerNormSpec(WIDTH, role),
    up: linearSpec(WIDTH, 2 * WIDTH, { role }),
    down: linearSpec(2 * WIDTH, WIDTH, { role }),
  })),
  output: linearSpec(WIDTH, OUTPUTS, { role: "output" }),
} as const;

/** Parameters of the network in order. */
export const mlpSpecs: readonly NamedSpec[] = namedParameters(tree);

function network(p: Traced<typeof tree>, x: Tensor): Tensor {
  const stem = scope("stem", () => linear(p.stem, x));
  const trunk = p.blocks.reduce(
    (h, block, i) => scope(`blocks.${i}`, () => add(h, linear(block.down, gelu(linear(block.up, layerNorm(block.norm, h)))))),
    stem,
  );
  return scope("output", () => linear(p.output, mish(trunk)));
}

type Inputs = Record<string, Tensor>;
const declare = (inputs: Inputs, name: string, shape: readonly number[]): Tensor => (inputs[name] ??= input(name, "f32", shape));

/** `x` and `target` in; loss and one gradient per parameter. */
function traceGradients(inputs: Inputs): { loss: Tensor; byName: ReadonlyMap<string, Tensor> } {
  const leaves = new Map(mlpSpecs.map(({ name, shape }) => [name, declare(inputs, `p/${name}`, shape)]));
  const p = mapParameters(tree, ({ name, shape }) => leaves.get(name) ?? declare(inputs, `p/${name}`, shape));
  const error = sub(network(p, declare(inputs, "x", [BATCH, INPUTS])), declare(inputs, "target", [BATCH, OUTPUTS]));
  const loss = mean(square(error));
  const pulled = gradients(loss, [...leaves.values()]);
  return { loss, byName: new Map([...leaves.keys()].map((name, i) => [name, pulled[i] ?? loss])) };
}

function traceUpdate(inputs: Inputs, gradient: (spec: NamedSpec) => Tensor, options: UpdateOptions): GraphUpdate {
  const entries = mlpSpecs.map((spec): UpdateEntry => {
    const { name, decay, shape } = spec;
    const state = (kind: string): Tensor => declare(inputs, `${kind}/${name}`, shape);
    const moments = { firstMoment: state("m"), secondMoment: state("v") };
    return { name, decay, parameter: state("p"), ...moments, gradient: gradient(spec), ema: state("ema") };
  });
  const rate = (name: string): Tensor => declare(inputs, name, []);
  const rates = { lr: rate("lr"), correction1: rate("correction1"), correction2: rate("correction2"), emaDecay: rate("emaDecay") };
  return updateGraph(entries, rates, options);
}

function updateOutputs({ entries, gradNorm }: GraphUpdate): Record<string, Tensor> {
  const named = entries.flatMap(({ name, parameter, firstMoment, secondMoment, ema = parameter }) => [
    [`next/p/${name}`, parameter] as const,
    [`next/m/${name}`, firstMoment] as const,
    [`next/v/${name}`, secondMoment] as const,
    [`next/ema/${name}`, ema] as const,
  ]);
  return { gradNorm, ...Object.fromEntries(named) };
}

/** Forward, backward, clipping, AdamW and moving averages in one program. */
export function wholeStepProgram(options: UpdateOptions): Program {
  const inputs: Inputs = {};
  const { loss, byName } = traceGradients(inputs);
  const update = traceUpdate(inputs, ({ name }) => byName.get(name) ?? loss, options);
  return { name: "step", inputs, outputs: { loss, ...updateOutputs(update) } };
}

/** Forward and backward: `loss` and `g/<name>` out. */
export function gradientProgram(): Program {
  const inputs: Inputs = {};
  const { loss, byName } = traceGradients(inputs);
  return { name: "gradients", inputs, outputs: { loss, ...Object.fromEntries([...byName].map(([name, g]) => [`g/${name}`, g])) } };
}

/** The optimizer alone: `g/<name>` in. */
export function updateProgram(options: UpdateOptions): Program {
  const inputs: Inputs = {};
  const update = traceUpdate(inputs, ({ name, shape }) => declare(inputs, `g/${name}`, shape), options);
  return { name: "update", inputs, outputs: updateOutputs(update) };
}

export type HostState = Record<string, HostTensor<"f32">>;

/** Parameters, moments and averages before the first step. */
export function initialState(seed: number): HostState {
  const state: HostState = {};
  for (const [name, { shape, data }] of Object.entries(initialParameters(tree, seed))) {
    state[`p/${name}`] = hostTensor("f32", shape, data);
    state[`ema/${name}`] = hostTensor("f32", shape, data.slice());
    state[`m/${name}`] = zeros("f32", shape);
    state[`v/${name}`] = zeros("f32", shape);
  }
  return state;
}

/** A batch; every step has its own. */
export function batchOf(step: number): HostState {
  return {
    x: tensorFrom("f32", [BATCH, INPUTS], normals(BATCH * INPUTS, 2 * step)),
    target: tensorFrom("f32", [BATCH, OUTPUTS], normals(BATCH * OUTPUTS, 2 * step + 1)),
  };
}

/** The rates of a step, counted from 1. */
export function ratesOf(step: number, lr: number, emaDecay: number, betas: readonly [number, number] = [0.9, 0.999]): HostState {
  const scalar = (value: number): HostTensor<"f32"> => tensorFrom("f32", [], [value]);
  const [correction1, correction2] = [1 - betas[0] ** step, 1 - betas[1] ** step];
  return { lr: scalar(lr), correction1: scalar(correction1), correction2: scalar(correction2), emaDecay: scalar(emaDecay) };
}
