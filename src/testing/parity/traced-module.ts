/** @file A module built here at the sizes of a golden file. */

import type { z } from "zod";
import type { HostTensor } from "#engine/array";
import type { Tensor } from "#engine/graph";
import type { GoldenFile, Tensors } from "./golden-file.ts";

export interface TracedModule {
  /** Graph inputs with the values they are fed. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly feeds: Tensors;
  /** By the golden file's names. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** What the output `loss` is differentiated by, by the golden file's names; several where one tensor there is several here. */
  readonly gradients: Readonly<Record<string, readonly ExpectedGradient[]>>;
  /** Names of gradients that are zero in exact arithmetic: what the file holds of them is rounding. Default none. */
  readonly zeroGradients?: readonly string[];
}

export interface ExpectedGradient {
  readonly of: Tensor;
  /** In our layout. */
  readonly expected: HostTensor;
}

/** How exact a module is to be in one precision. */
export interface Precision {
  readonly dtype: "f32" | "f64";
  /** Largest relative error. */
  readonly outputTolerance: number;
  readonly gradientTolerance: number;
}

/** How the module of a golden file is built here. */
export interface ParityModule {
  /** The precisions to run it in; the first is the one its errors are reported by. */
  precisions(golden: GoldenFile): readonly Precision[];
  /** @throws Error when configuration or tensors are not what the module has */
  trace(golden: GoldenFile, precision: Precision): TracedModule;
}

/** @throws Error when the file has no tensor of this name */
export function tensorNamed(tensors: Tensors, name: string, kind: string): HostTensor {
  const found = tensors[name];
  if (found === undefined) throw new Error(`the file has no ${kind}.${name}, it has ${Object.keys(tensors).join(", ") || "none"}`);
  return found;
}

/**
 * The configuration of a golden file; fields the schema does not name are descriptions.
 *
 * @throws Error naming every field that is not as the schema has it
 */
export function readConfig<S extends z.ZodType>(schema: S, { config }: { readonly config: unknown }): z.output<S> {
  const result = schema.safeParse(config);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
  throw new Error(`its config is of nothing built here: ${problems.join("; ")}`);
}
