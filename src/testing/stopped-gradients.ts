/** @file Hold what a program takes for constant, so that central differences see the function that was differentiated. */

import { input, type Program, type Tensor } from "#engine/graph";
import { rewriteProgram } from "./rewrite-program.ts";

export interface StoppedProgram {
  /** Computes the value of every stopped tensor, `stopped/0`, `stopped/1`, … from the program's own inputs. */
  readonly values: Program;
  /** The program with those tensors as further inputs. */
  readonly held: Program;
}

/** Take apart a program at its `stopGradient` ops. */
export function stoppedGradients(program: Program): StoppedProgram {
  const stopped: Record<string, Tensor> = {};
  const held: Record<string, Tensor> = {};
  const rest = rewriteProgram(program, (tensor, original) => {
    if (tensor.source.kind !== "op" || tensor.source.rule.name !== "stopGradient") return tensor;
    const name = `stopped/${Object.keys(stopped).length}`;
    stopped[name] = original;
    return (held[name] = { ...input(name, tensor.dtype, tensor.shape), id: tensor.id });
  });
  return {
    values: { name: "stopped", inputs: program.inputs, outputs: stopped },
    held: { ...rest, inputs: { ...rest.inputs, ...held } },
  };
}
