/** @file A golden file: what a reference implementation was given and what it gave. */

import { decodeSafetensors, type HostTensor } from "#engine/array";

export type Tensors = Readonly<Record<string, HostTensor>>;

export interface GoldenFile {
  /** What the reference implementation calls it. */
  readonly module: string;
  /** Sizes and constants, as the reference implementation names them. */
  readonly config: unknown;
  /** By name behind `input.`, and so on. */
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  readonly params: Tensors;
  /** Gradients of the output `loss` with respect to the parameters, or to the inputs where there are no parameters. */
  readonly grads: Tensors;
}

/** A file of numbers for which nothing is built here to compare with; other tests may use it. */
export class NoParityModuleError extends Error {
  override readonly name = "NoParityModuleError";
}

/** @throws NoParityModuleError when the file names no module; Error when the bytes are no safetensors file, or hold no output */
export function readGoldenFile(bytes: Uint8Array): GoldenFile {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { module, config = "{}" } = metadata;
  if (module === undefined) throw new NoParityModuleError('the file names no "module" in its metadata');
  const part = (prefix: string): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
    );
  const outputs = part("output.");
  if (Object.keys(outputs).length === 0) throw new Error("the file holds no output.… to compare with");
  return { module, config: JSON.parse(config), inputs: part("input."), outputs, params: part("param."), grads: part("grad.") };
}
