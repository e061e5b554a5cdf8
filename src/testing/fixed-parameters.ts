/** @file Parameters with given values, for tests that look at a network from outside. */

import { rng, sizeOf, tensorFrom } from "#engine/array";
import { constant } from "#engine/graph";
import { mapParameters, type ParameterTree, type Traced } from "#engine/nn";

/** Values of a parameter by its path and size. */
export type ParameterValues = (name: string, size: number) => readonly number[];

/** Constants for all parameters of a tree. */
export function fixedParameters<P extends ParameterTree>(tree: P, values: ParameterValues): Traced<P> {
  return mapParameters(tree, ({ name, shape }) => constant(tensorFrom("f32", shape, values(name, sizeOf(shape)))));
}

/** Normals with this deviation, decided by the path alone. */
export function normalValues(deviation: number = 1): ParameterValues {
  return (name, size) => {
    const out = new Float64Array(size);
    rng(0, "parameter", name).fillNormal(out);
    return Array.from(out, (value) => value * deviation);
  };
}

/** These values, and 0 for every other parameter. */
export function onlyValues(values: Readonly<Record<string, readonly number[]>>): ParameterValues {
  return (name, size) => values[name] ?? Array<number>(size).fill(0);
}
