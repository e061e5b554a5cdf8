/** @file A loss together with its gradients, as one traceable function. */

import { gradients, isFloat, type Tensor } from "#engine/graph";
import type { Traceable } from "./evaluate.ts";

/** Outputs: the loss, then its gradient with respect to each floating-point input, in order. */
export function withGradients(loss: (...inputs: Tensor[]) => Tensor): Traceable {
  return (...inputs) => {
    const value = loss(...inputs);
    return [value, ...gradients(value, inputs.filter(isFloat))];
  };
}
