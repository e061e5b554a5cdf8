/** @file One training step as the trainer takes it, of any network: loss, gradients, clipping, AdamW, moving average. */

import { rng, sizeOf, zeros, type HostTensor } from "#engine/array";
import { emit } from "#engine/graph";
import { initializeParameter, type NamedSpec } from "#engine/nn";
import { fusedAdamW, parameterArena, startEma, type ParameterArena } from "#engine/optim";
import { openSession } from "#engine/runtime/node";
import { isTrained, policyParameters, type Freezing, type PolicyNetwork } from "#policy/policies";
import { trainingProgram } from "#policy/training";

export interface WholeStep {
  /** Trained and frozen numbers. */
  readonly parameters: number;
  readonly frozen: number;
  step(): Promise<void>;
  close(): Promise<void>;
}

/** Inputs are normals that stay as they are, but for what the head draws for every step. */
export async function openWholeStep(network: PolicyNetwork, batch: number, freezing: Freezing): Promise<WholeStep> {
  const isTrainable = (spec: NamedSpec): boolean => isTrained(spec, freezing);
  const specs = policyParameters(network);
  const trained = specs.filter(isTrainable);
  const arena = parameterArena(specs.map((spec) => ({ ...spec, trainable: isTrainable(spec) })), { ema: true });
  for (const spec of specs) initializeParameter(spec, 0, valuesOf(arena, "params", spec));
  startEma(arena);
  const optimizer = fusedAdamW(arena, { weightDecay: 1e-6, clipNorm: 1 });

  const program = trainingProgram(network, batch, isTrainable);
  const session = await openSession(emit(program).bytes);
  const parameters = specs.map((spec) => [`p/${spec.name}`, tensorOf(arena, "params", spec)] as const);
  const batchFeeds = Object.entries(program.inputs).flatMap(([name, { dtype, shape }]) => (name.startsWith("p/") ? [] : [[name, drawn(name, zeros(dtype, shape))] as const]));
  const feeds: Record<string, HostTensor> = Object.fromEntries([...parameters, ...batchFeeds]);
  const gradients = trained.map((spec) => [`g/${spec.name}`, tensorOf(arena, "gradients", spec)] as const);
  const call = session.bind(feeds, { loss: zeros("f32", []), ...Object.fromEntries(gradients) });
  let done = 0;

  return {
    parameters: total(trained),
    frozen: total(specs) - total(trained),
    async step() {
      drawHostInputs(network, feeds, done);
      await call.run();
      done += 1;
      const { finite } = optimizer.step({ lr: 1e-4, step: done, emaDecay: 0.9999 });
      if (!finite) throw new Error(`decoupled: step ${done} has a gradient that is not finite`);
    },
    close: () => session.close(),
  };
}

function drawHostInputs({ head }: PolicyNetwork, feeds: Readonly<Record<string, HostTensor>>, step: number): void {
  // The training graph declares both with these types.
  const targets = { actions: feeds["actions"]?.data as Float32Array, isPad: feeds["isPad"]?.data as Uint8Array };
  for (const [name, hostInput] of Object.entries(head.hostInputs)) {
    const out = feeds[`host/${name}`]?.data;
    if (hostInput.dtype === "i64") hostInput.write(out as BigInt64Array<ArrayBuffer>, rng(0, name, step), targets);
    else hostInput.write(out as Float32Array<ArrayBuffer>, rng(0, name, step), targets);
  }
}

function drawn(name: string, tensor: HostTensor): HostTensor {
  if (tensor.data instanceof Float32Array) rng(0, name).fillNormal(tensor.data);
  return tensor;
}

function valuesOf(arena: ParameterArena, section: "params" | "gradients", { name }: NamedSpec): Float32Array<ArrayBuffer> {
  const values = arena[section].get(name);
  if (values === undefined) throw new Error(`decoupled: the arena has no ${section} of ${name}`);
  return values;
}

function tensorOf(arena: ParameterArena, section: "params" | "gradients", spec: NamedSpec): HostTensor<"f32"> {
  return { dtype: "f32", shape: spec.shape, data: valuesOf(arena, section, spec) };
}

function total(specs: readonly NamedSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
