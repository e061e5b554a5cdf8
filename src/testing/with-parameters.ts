/** @file A network with its parameters as a traceable function: the parameters come first, in the order of their names. */

import type { Tensor, TensorType } from "#engine/graph";
import { mapParameters, namedParameters, type ParameterTree, type Traced } from "#engine/nn";
import type { Traceable } from "./evaluate.ts";

/** The function that `evaluate` and `gradientError` take, of a network that is given its parameters as a tree. */
export function withParameters<P extends ParameterTree>(
  tree: P,
  network: (params: Traced<P>, ...inputs: Tensor[]) => Tensor | readonly Tensor[],
): Traceable {
  const names = namedParameters(tree).map(({ name }) => name);
  return (...inputs) => {
    const params = mapParameters(tree, ({ name }) => inputs[names.indexOf(name)] as Tensor); // every name is in the list
    return network(params, ...inputs.slice(names.length));
  };
}

/** Types of the parameters in the same order. */
export function parameterTypes(tree: ParameterTree, dtype: "f32" | "f64" = "f32"): TensorType[] {
  return namedParameters(tree).map(({ shape }) => ({ dtype, shape }));
}
