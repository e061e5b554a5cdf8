/** @file Parameters and gradients in the memory that the fused optimizer updates, as tensors to bind a session to. */

import type { HostTensor } from "#engine/array";
import { initialParameters, namedParameters, type ParameterTree } from "#engine/nn";
import { parameterArena } from "#engine/optim";

type Tensors = Readonly<Record<string, HostTensor>>;

export interface ArenaTensors {
  readonly arena: ReturnType<typeof parameterArena>;
  /** Initial values, named `p/PATH`. */
  readonly parameters: Tensors;
  /** Named `g/PATH`. */
  readonly gradients: Tensors;
}

export function arenaTensors(tree: ParameterTree): ArenaTensors {
  const specs = namedParameters(tree);
  const arena = parameterArena(specs, { ema: false });
  const initial = initialParameters(tree, 0);
  const bound = specs.map(({ name, shape }) => {
    const [data, gradient, start] = [arena.params.get(name), arena.gradients.get(name), initial[name]];
    if (data === undefined || gradient === undefined || start === undefined) throw new Error(`bench: the arena does not hold ${name}`);
    data.set(start.data);
    return { name, parameter: { dtype: "f32", shape, data }, gradient: { dtype: "f32", shape, data: gradient } } as const;
  });
  return {
    arena,
    parameters: Object.fromEntries(bound.map(({ name, parameter }) => [`p/${name}`, parameter])),
    gradients: Object.fromEntries(bound.map(({ name, gradient }) => [`g/${name}`, gradient])),
  };
}
