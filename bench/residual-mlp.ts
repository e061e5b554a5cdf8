/** @file The residual MLP every speed claim is measured on: 8 blocks of 512 → 1024 → 512, 8.4 M parameters. */

import { add, emit, gelu, gradients, input, mean, square, sub, type EmittedModel, type Tensor } from "#engine/graph";
import { layerNorm, layerNormSpec, linear, linearSpec, mapParameters, namedParameters, type Traced } from "#engine/nn";

export const WIDTH = 512;
export const HIDDEN = 1024;
export const BLOCKS = 8;

const blockSpec = {
  norm: layerNormSpec(WIDTH, "trunk"),
  linear1: linearSpec(WIDTH, HIDDEN, { role: "trunk" }),
  linear2: linearSpec(HIDDEN, WIDTH, { role: "trunk" }),
};

/** Parameters of the network. */
export const residualMlpSpec = Array.from({ length: BLOCKS }, () => blockSpec);

/** Multiply-adds of the matrix products count two each; forward once, backward twice. */
export function stepFlop(batch: number): number {
  return 3 * 2 * 2 * WIDTH * HIDDEN * BLOCKS * batch;
}

/** Forward and backward of a mean squared error: parameters, x, target in; loss and gradients out. */
export function residualMlpModel(batch: number): EmittedModel {
  const names = namedParameters(residualMlpSpec);
  const byName = new Map<string, Tensor>();
  const params = mapParameters(residualMlpSpec, ({ name, shape }) => {
    const tensor = input(`p/${name}`, "f32", shape);
    byName.set(name, tensor);
    return tensor;
  });
  const x = input("x", "f32", [batch, WIDTH]);
  const target = input("target", "f32", [batch, WIDTH]);
  const loss = mean(square(sub(residualMlp(params, x), target)));
  const parameters = [...byName.values()];
  const grads = gradients(loss, parameters);
  return emit({
    name: "residual-mlp",
    inputs: { ...Object.fromEntries(names.map(({ name }, i) => [`p/${name}`, parameters[i] as Tensor])), x, target },
    outputs: { loss, ...Object.fromEntries(names.map(({ name }, i) => [`g/${name}`, grads[i] as Tensor])) },
  });
}

function residualMlp(params: Traced<typeof residualMlpSpec>, x: Tensor): Tensor {
  return params.reduce((h, block) => {
    const inner = gelu(linear(block.linear1, layerNorm(block.norm, h)));
    return add(h, linear(block.linear2, inner));
  }, x);
}
