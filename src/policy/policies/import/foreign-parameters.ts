/** @file Read parameters of other codebases: other names, other orders of axes. */

import { allocate, sizeOf, type HostTensor, type Shape } from "#engine/array";
import { namedParameters, type NamedSpec, type ParameterTree } from "#engine/nn";

/** Where one of our parameters stands in a foreign checkpoint. */
export interface ForeignPlace {
  readonly name: string;
  /** Axis i of ours is axis `axes[i]` there; default the same order. */
  readonly axes?: readonly number[];
  /** Ours is one entry of this axis, where several of ours are one tensor there; together they have to be all of it. */
  readonly entry?: { readonly axis: number; readonly index: number };
  /** Whether ours is theirs times -1. Default false. */
  readonly negated?: boolean;
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
  const names = placed.map(({ place }) => place.name);
  const expected = new Set([...names, ...ignored].map((name) => prefix + name));
  const leftOver = Object.keys(tensors).filter((name) => name.startsWith(prefix) && !expected.has(name));
  const problems = new Set(leftOver.map((name) => `${name} is not in the network`));
  const imported = placed.map(({ spec, place }) => {
    const name = prefix + place.name;
    const entries = names.filter((other) => other === place.name).length;
    const problem = mismatch(tensors[name], foreignShape(spec.shape, place, entries), name);
    if (problem !== null) problems.add(problem);
    // With a problem nothing is returned; without one the tensor is there, and f32.
    return problem === null ? [[spec.name, taken(tensors[name] as HostTensor<"f32">, spec.shape, place)] as const] : [];
  });
  if (problems.size > 0) throw new Error(`${who}: the weights are of another network: ${[...problems].join("; ")}`);
  return Object.fromEntries(imported.flat());
}

function mismatch(tensor: HostTensor | undefined, shape: Shape, name: string): string | null {
  if (tensor === undefined) return `${name} is missing`;
  const [got, expected] = [`${tensor.dtype}[${tensor.shape.join(", ")}]`, `f32[${shape.join(", ")}]`];
  return got === expected ? null : `${name} is ${got}, expected ${expected}`;
}

/** The shape there of what has this shape here. */
function foreignShape(ours: Shape, place: ForeignPlace, entries: number): Shape {
  const shape: number[] = [];
  axesOf(ours, place).forEach((axis, i) => (shape[axis] = ours[i] ?? 0));
  if (place.entry !== undefined) shape[place.entry.axis] = entries;
  return shape;
}

function axesOf(ours: Shape, { axes, entry }: ForeignPlace): readonly number[] {
  return axes ?? ours.map((_, i) => (entry !== undefined && i >= entry.axis ? i + 1 : i));
}

/** The values of one place, in our order. */
function taken({ shape, data }: HostTensor<"f32">, ours: Shape, place: ForeignPlace): HostTensor<"f32"> {
  const stride = (axis: number): number => sizeOf(shape.slice(axis + 1));
  const strides = axesOf(ours, place).map(stride);
  const { axis, index: at } = place.entry ?? { axis: 0, index: 0 };
  const out = allocate("f32", sizeOf(ours));
  const index = ours.map(() => 0);
  let from = at * stride(axis);
  const sign = place.negated === true ? -1 : 1;
  for (let to = 0; to < out.length; to++) {
    out[to] = sign * (data[from] ?? 0);
    // Count up in our order, the last axis fastest.
    for (let i = ours.length - 1; i >= 0; i--) {
      const [step = 0, extent = 1] = [strides[i], ours[i]];
      from += step;
      index[i] = (index[i] ?? 0) + 1;
      if ((index[i] ?? 0) < extent) break;
      from -= step * extent;
      index[i] = 0;
    }
  }
  return { dtype: "f32", shape: ours, data: out };
}
