/** @file State encoder with layers of its own. */

import { formatType, relu, reshape, ShapeError } from "#engine/graph";
import { linear, linearSpec, type LinearSpec } from "#engine/nn";
import type { Encoder } from "./state.ts";

export type StateMlpSpec = {
  /** One after another, ReLU between them. */
  readonly layers: readonly LinearSpec[];
};

export interface StateMlpOptions {
  /** O */
  readonly obsSteps: number;
  /** S */
  readonly obsSize: number;
  /** Widths of the layers in between. Default two of 256. */
  readonly hidden?: readonly number[];
  /** Length of the result. Default 64. */
  readonly features?: number;
}

/**
 * The last O observations side by side through linear layers, ReLU between them. `encode` takes f32[B, O, S], normalized.
 *
 * Source: robomimic's `MLP` of low-dimensional observations, arXiv:2108.03298.
 */
export function stateMlp(options: StateMlpOptions): Encoder<StateMlpSpec> {
  const { obsSteps, obsSize, hidden = [256, 256], features = 64 } = options;
  const inputs = obsSteps * obsSize;
  const widths = [inputs, ...hidden, features];
  const layers = widths.slice(1).map((outputs, i) => linearSpec(widths[i] ?? 0, outputs, { role: "encoder" }));
  return {
    parameters: { layers },
    condSize: features,
    encode(p, observation) {
      const [batch = 0, steps, size] = observation.shape;
      if (observation.shape.length !== 3 || steps !== obsSteps || size !== obsSize) {
        throw new ShapeError(`stateMlp: observation is ${formatType(observation)}, expected [B, ${obsSteps}, ${obsSize}]`);
      }
      return p.layers.reduce((h, layer, i) => linear(layer, i === 0 ? h : relu(h)), reshape(observation, [batch, inputs]));
    },
  };
}
