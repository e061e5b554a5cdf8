/** @file Reverse-mode differentiation: a transformation from a graph to a larger graph. */

import { add, fill } from "./ops/index.ts";
import { reachable } from "./program.ts";
import { ShapeError } from "./shape.ts";
import { atScope, formatType, isFloat, type Tensor } from "./tensor.ts";

/**
 * The gradient of a scalar with respect to each of some tensors.
 *
 * Only what lies between `wrt` and `loss` is differentiated, so parameters left out cost nothing.
 *
 * @param loss f32[] or f64[]
 * @param wrt tensors `loss` may depend on; a tensor it does not depend on has gradient zero
 * @returns one tensor per entry of `wrt`, of its shape
 * @throws ShapeError when `loss` is not a floating-point scalar
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0 || !isFloat(loss)) {
    throw new ShapeError(`gradients: loss is ${formatType(loss)}, expected a floating-point scalar`);
  }
  const order = reachable([loss]);
  const active = dependents(order, wrt);
  const cotangents = new Map<Tensor, Tensor>([[loss, fill([], 1, loss.dtype)]]);
  for (const tensor of order.reverse()) {
    const g = cotangents.get(tensor);
    if (g !== undefined && active.has(tensor)) pullBack(tensor, g, active, cotangents);
  }
  return wrt.map((tensor) => cotangents.get(tensor) ?? fill(tensor.shape, 0, tensor.dtype));
}

/** The tensors whose value depends on one of `wrt`. */
function dependents(order: readonly Tensor[], wrt: readonly Tensor[]): Set<Tensor> {
  const active = new Set<Tensor>(wrt);
  for (const tensor of order) {
    const { source } = tensor;
    if (source.kind === "op" && source.inputs.some((input) => active.has(input))) active.add(tensor);
  }
  return active;
}

function pullBack(tensor: Tensor, g: Tensor, active: ReadonlySet<Tensor>, cotangents: Map<Tensor, Tensor>): void {
  const { source } = tensor;
  if (source.kind !== "op") return;
  const path = source.scope === "" ? "gradient" : `${source.scope}/gradient`;
  atScope(path, () => {
    const pulled = source.rule.vjp(g, source.inputs, tensor, source.attributes);
    source.inputs.forEach((input, i) => {
      const share = pulled[i];
      if (share === null || share === undefined || !active.has(input)) return;
      const sofar = cotangents.get(input);
      cotangents.set(input, sofar === undefined ? share : add(sofar, share));
    });
  });
}
