/** @file Read parameters of other codebases: other names, other orders of axes. */

import { allocate, sizeOf, type HostTensor } from "#engine/array";
import { namedParameters, type NamedSpec, type ParameterTree } from "#engine/nn";

/** Where one of our parameters stands in a foreign checkpoint. */
export interface ForeignPlace {
  readonly name: string;
  /** Axis i of ours is axis `axes[i]` there; default the same order. */
  readonly axes?: readonly number[];
}

/** The place of every parameter of a network. */
export type PlaceOf = (parameter: NamedSpec) => ForeignPlace;

export interface ImportOptions {
  /** What stands before every name in the checkpoint. Default nothing. */
  readonly prefix?: string;
  /** Names behind the prefix that belong to nothing here. */
  readonly ignored?: readonly string[];
  /** Names the caller in errors. */
  readonly who: string;
}

/**
 * Foreign tensors under our names and in our layout. What has the shape of its parameter, such as a gradient, is read the
 * same way.
 *
 * @returns f32 values by our path
 * @throws Error naming everything under the prefix that is missing, left over, or of another shape
 */
export function importParameters(
  tensors: Readonly<Record<string, HostTensor>>,
  parameters: ParameterTree,
  placeOf: PlaceOf,
  { prefix = "", ignored = [], who }: ImportOptions,
): Record<string, HostTensor<"f32">> {
  const placed = namedParameters(parameters).map((spec) => ({ spec, place: placeOf(spec) }));
  const expected = new Set([...placed.map(({ place }) => place.name), ...ignored].map((name) => prefix + name));
  const leftOver = Object.keys(tensors).filter((name) => name.startsWith(prefix) && !expected.has(name));
  const problems = leftOver.map((name) => `${name} is not in the network`);
  const imported = placed.map(({ spec, place }) => {
    const values = matching(tensors[prefix + place.name], { spec, place, name: prefix + place.name }, problems);
    return [spec.name, values] as const;
  });
  if (problems.length > 0) throw new Error(`${who}: the weights are of another network: ${problems.join("; ")}`);
  return Object.fromEntries(imported);
}

/** The tensor in our layout; what keeps it from being that is added to the problems. */
function matching(
  tensor: HostTensor | undefined,
  { spec, place, name }: { readonly spec: NamedSpec; readonly place: ForeignPlace; readonly name: string },
  problems: string[],
): HostTensor<"f32"> {
  const axes = place.axes ?? spec.shape.map((_, axis) => axis);
  const shape = Array.from(axes, (_, there) => spec.shape[axes.indexOf(there)] ?? 0);
  const got = tensor === undefined ? "missing" : `${tensor.dtype}[${tensor.shape.join(", ")}]`;
  const expected = `f32[${shape.join(", ")}]`;
  if (tensor === undefined || got !== expected) {
    problems.push(tensor === undefined ? `${name} is missing` : `${name} is ${got}, expected ${expected}`);
    return { dtype: "f32", shape: spec.shape, data: new Float32Array(sizeOf(spec.shape)) };
  }
  // Its dtype has just been compared.
  return permuted(tensor as HostTensor<"f32">, axes);
}

/** Axis i of the result is axis `axes[i]` of the tensor. */
function permuted({ shape, data }: HostTensor<"f32">, axes: readonly number[]): HostTensor<"f32"> {
  const target = axes.map((axis) => shape[axis] ?? 1);
  if (axes.every((axis, i) => axis === i)) return { dtype: "f32", shape: target, data };
  const strides = axes.map((axis) => sizeOf(shape.slice(axis + 1)));
  const out = allocate("f32", data.length);
  const index = axes.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] ?? 0;
    // Count up in the order of the target, the last axis fastest.
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const [stride = 0, extent = 1] = [strides[axis], target[axis]];
      from += stride;
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < extent) break;
      from -= stride * extent;
      index[axis] = 0;
    }
  }
  return { dtype: "f32", shape: target, data: out };
}
