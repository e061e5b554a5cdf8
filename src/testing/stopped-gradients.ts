/** @file Hold what a program takes for constant, so that central differences see the function that was differentiated. */

import { input, reachable, type Program, type Tensor } from "#engine/graph";

export interface StoppedProgram {
  /** Computes the value of every stopped tensor, `stopped/0`, `stopped/1`, … from the program's own inputs. */
  readonly values: Program;
  /** The program with those tensors as further inputs. */
  readonly held: Program;
}

/** Take apart a program at its `stopGradient` ops. */
export function stoppedGradients(program: Program): StoppedProgram {
  const copies = new Map<Tensor, Tensor>();
  const stopped: Record<string, Tensor> = {};
  const held: Record<string, Tensor> = {};
  for (const tensor of reachable(Object.values(program.outputs))) {
    const { source } = tensor;
    if (source.kind !== "op") {
      copies.set(tensor, tensor);
    } else if (source.rule.name === "stopGradient") {
      const name = `stopped/${Object.keys(stopped).length}`;
      stopped[name] = tensor;
      // It takes the place of the tensor, so that what is computed from it still comes after it.
      copies.set(tensor, (held[name] = { ...input(name, tensor.dtype, tensor.shape), id: tensor.id }));
    } else {
      copies.set(tensor, { ...tensor, source: { ...source, inputs: source.inputs.map((x) => copies.get(x) ?? x) } });
    }
  }
  const outputs = Object.entries(program.outputs).map(([name, tensor]) => [name, copies.get(tensor) ?? tensor]);
  return {
    values: { name: "stopped", inputs: program.inputs, outputs: stopped },
    held: { name: program.name, inputs: { ...program.inputs, ...held }, outputs: Object.fromEntries(outputs) },
  };
}
