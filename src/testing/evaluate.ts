/** @file Trace a function, emit it, run it: each test that uses this covers the whole path. */

import { tensorFrom, toNumbers, type Dtype } from "#engine/array";
import { add, cast, constant, emit, gradients, input, mul, sum, type Tensor, type TensorType } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { normals } from "./normals.ts";
import { stoppedGradients } from "./stopped-gradients.ts";

export type Traceable = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** Values of every output of `fn` at the given inputs. */
export async function evaluate(
  fn: Traceable,
  specs: readonly TensorType[],
  values: readonly (readonly number[])[],
): Promise<number[][]> {
  const inputs = specs.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  const traced = fn(...inputs);
  const outputs = Array.isArray(traced) ? traced : [traced];
  return runTraced(inputs, outputs, values);
}

async function runTraced(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  values: readonly (readonly number[])[],
): Promise<number[][]> {
  if (outputs.length === 0) return [];
  const { bytes } = emit({
    name: "test",
    inputs: Object.fromEntries(inputs.map((tensor, i) => [`x${i}`, tensor])),
    outputs: Object.fromEntries(outputs.map((tensor, i) => [`y${i}`, tensor])),
  });
  await using session = await openSession(bytes, { threads: 1, optimization: levelFor(inputs) });
  const feeds = inputs.map(({ dtype, shape }, i) => [`x${i}`, tensorFrom(dtype, shape, values[i] ?? [])]);
  const results = await session.run(Object.fromEntries(feeds));
  return outputs.map((_, i) => {
    const result = results[`y${i}`];
    return result === undefined ? [] : toNumbers(result);
  });
}

/**
 * Largest relative error between the derivative rules and central differences, over all floating inputs.
 *
 * A scalar is made of the output by a random weighting, so that every output element matters. What the function takes for
 * constant, behind `stopGradient`, stays as it is while the inputs move. Evaluated in
 * float64 (pass f64 specs) the error of the differences is about 1e-9; in float32 about 1e-3.
 */
export async function gradientError(
  fn: Traceable,
  specs: readonly TensorType[],
  values: readonly (readonly number[])[],
): Promise<number> {
  const inputs = specs.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
  const loss = weightedSum(fn(...inputs));
  const floats = inputs.filter(({ dtype }) => dtype === "f32" || dtype === "f64");
  const [value, ...derivatives] = await runTraced(inputs, [loss, ...gradients(loss, floats)], values);
  if (value === undefined) throw new Error("gradientError: no value");

  const named = Object.fromEntries(inputs.map((tensor, i) => [`x${i}`, tensor]));
  const { values: stopped, held } = stoppedGradients({ name: "test", inputs: named, outputs: { y: cast(loss, "f64") } });
  const kept = await runTraced(inputs, Object.values(stopped.outputs), values);
  const constants = Object.entries(stopped.outputs).map(([name, { dtype, shape }], i) => [name, tensorFrom(dtype, shape, kept[i] ?? [])] as const);
  await using session = await openSession(emit(held).bytes, { threads: 1, optimization: levelFor(inputs) });
  const at = async (points: readonly (readonly number[])[]): Promise<number> => {
    const feeds = inputs.map(({ dtype, shape }, i) => [`x${i}`, tensorFrom(dtype, shape, points[i] ?? [])] as const);
    const { y } = await session.run(Object.fromEntries([...feeds, ...constants]));
    return y === undefined ? NaN : (toNumbers(y)[0] ?? NaN);
  };
  let worst = 0;
  for (const [nth, tensor] of floats.entries()) {
    const index = inputs.indexOf(tensor);
    const numeric = await differences(at, values, index, stepOf(tensor.dtype));
    worst = Math.max(worst, relativeError(derivatives[nth] ?? [], numeric));
  }
  return worst;
}

function weightedSum(traced: Tensor | readonly Tensor[]): Tensor {
  const outputs = Array.isArray(traced) ? (traced as readonly Tensor[]) : [traced as Tensor];
  const terms = outputs.map((y, i) => {
    const count = y.shape.reduce((a, b) => a * b, 1);
    return sum(mul(y, constant(tensorFrom(y.dtype, y.shape, normals(count, 1000 + i)))));
  });
  return terms.reduce((a, b) => add(a, b));
}

/** Some of the runtime's fusions exist in float32 only. */
function levelFor(inputs: readonly Tensor[]): "basic" | "all" {
  return inputs.some(({ dtype }) => dtype === "f64") ? "basic" : "all";
}

function stepOf(dtype: Dtype): number {
  return dtype === "f64" ? 1e-5 : 3e-3;
}

async function differences(
  at: (points: readonly (readonly number[])[]) => Promise<number>,
  values: readonly (readonly number[])[],
  index: number,
  step: number,
): Promise<number[]> {
  const numeric: number[] = [];
  for (let i = 0; i < (values[index]?.length ?? 0); i++) {
    const moved = (delta: number): number[][] =>
      values.map((list, k) => list.map((v, j) => (k === index && j === i ? v + delta : v)));
    numeric.push(((await at(moved(step))) - (await at(moved(-step)))) / (2 * step));
  }
  return numeric;
}

/** ‖a - b‖ / max(‖b‖, 1e-6) */
export function relativeError(a: readonly number[], b: readonly number[]): number {
  const norm = (v: readonly number[]): number => Math.hypot(...v);
  return norm(a.map((x, i) => x - (b[i] ?? NaN))) / Math.max(norm(b), 1e-6);
}
