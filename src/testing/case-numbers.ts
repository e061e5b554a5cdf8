/** @file What losses and samplers come to, as plain numbers: to be compared between runtimes. */

import { sizeOf, tensorFrom, toNumbers, type HostTensor } from "#engine/array";
import { emit, gradients, input, isFloat, type Tensor } from "#engine/graph";
import type { OpenSession } from "#engine/runtime";
import { LOSS_CASES } from "./loss-cases.ts";
import { normals } from "./normals.ts";
import { denoiserOf, leaning, SAMPLED, SAMPLER_CASES } from "./sampler-cases.ts";

/** Of a loss. */
export interface LossNumbers {
  readonly loss: number;
  /** Of every floating-point input. */
  readonly slopes: readonly (readonly number[])[];
}

/** Every loss of the list with its gradients, by name, in this precision. */
export async function lossNumbers(dtype: "f32" | "f64", openSession: OpenSession): Promise<Record<string, LossNumbers>> {
  const call = oneCall();
  const results = LOSS_CASES.map(({ name, loss, specs, values }) => {
    const inputs = specs.map((spec, i) => call.given(tensorFrom(isFloat(spec) ? dtype : spec.dtype, spec.shape, values[i] ?? [])));
    const value = loss(...inputs);
    return { name, loss: call.wanted(value), slopes: gradients(value, inputs.filter(isFloat)).map(call.wanted) };
  });
  const numbers = await call.run(openSession);
  return Object.fromEntries(
    results.map(({ name, loss, slopes }) => [name, { loss: numbers(loss)[0] ?? NaN, slopes: slopes.map(numbers) }]),
  );
}

/** The chunks that every sampler of the list draws, [B * H * A], by name. */
export async function samplerNumbers(openSession: OpenSession): Promise<Record<string, number[]>> {
  const { batch, horizon, actionSize } = SAMPLED;
  const call = oneCall();
  const random = (shape: readonly number[], seed: number): Tensor => call.given(tensorFrom("f32", shape, normals(sizeOf(shape), seed)));
  const chunks = SAMPLER_CASES.map(({ name, make }) => {
    const head = make(denoiserOf(leaning));
    const chunk = head.sample({}, random([batch, horizon * actionSize], 4), random([batch, ...head.noiseShape], 9));
    return [name, call.wanted(chunk)] as const;
  });
  const numbers = await call.run(openSession);
  return Object.fromEntries(chunks.map(([name, output]) => [name, numbers(output)]));
}

/** Many small computations as one model: a session for each would take most of the time. */
function oneCall() {
  const inputs: Record<string, Tensor> = {};
  const feeds: Record<string, HostTensor> = {};
  const outputs: Record<string, Tensor> = {};
  return {
    given(value: HostTensor): Tensor {
      const name = `x${Object.keys(inputs).length}`;
      feeds[name] = value;
      return (inputs[name] = input(name, value.dtype, value.shape));
    },
    /** The name of the result. */
    wanted(tensor: Tensor): string {
      const name = `y${Object.keys(outputs).length}`;
      outputs[name] = tensor;
      return name;
    },
    async run(openSession: OpenSession): Promise<(name: string) => number[]> {
      // Some of the runtime's fusions exist in float32 only.
      const isDouble = Object.values(inputs).some(({ dtype }) => dtype === "f64");
      const { bytes } = emit({ name: "cases", inputs, outputs });
      await using session = await openSession(bytes, { threads: 1, optimization: isDouble ? "basic" : "all" });
      const results = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, feeds[name] as HostTensor]))); // all were given
      return (name) => toNumbers(results[name] ?? tensorFrom("f32", [0], []));
    },
  };
}
