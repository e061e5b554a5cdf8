/** @file Parameters are declared as trees of specs; tracing turns the same tree into tensors. */

import { allocate, rng, sizeOf, type HostTensor, type Rng, type Shape } from "#engine/array";
import { input, type Tensor } from "#engine/graph";

/**
 * What part of a network a parameter belongs to: decides what a frozen head keeps.
 *
 * - `encoder`: reads observations.
 * - `stem`: reads the noisy actions, or the tokens of a chunk. `trunk`: works on them. `time`: embeds the time. `output`: writes actions.
 * - `modulation`: first to read the conditioning, so its weights are as wide as that; its biases are not, and are named `bias`.
 * - `condition`: between such a layer and the trunk, of one shape whatever the conditioning.
 * - `position`: where an action stands in its chunk.
 * - `adapter`: of low rank beside a weight, trained in its place.
 */
export type ParameterRole = "encoder" | "stem" | "trunk" | "time" | "modulation" | "condition" | "position" | "output" | "adapter";

/** Writes the initial values of a parameter. */
export type Initializer = (out: Float32Array, random: Rng, shape: Shape) => void;

/** One trainable tensor, f32. */
export interface ParameterSpec {
  readonly kind: "parameter";
  readonly shape: Shape;
  readonly initialize: Initializer;
  /** Whether weight decay applies: true for matrices, false for biases, gains and embeddings. */
  readonly decay: boolean;
  readonly role: ParameterRole;
}

/** Specs by name, nested as the layers are. Arrays are numbered from 0. */
export type ParameterTree = ParameterSpec | readonly ParameterTree[] | { readonly [name: string]: ParameterTree };

/** The same tree with a tensor for every spec. */
export type Traced<P> = ParameterTree extends P
  ? TracedTree
  : P extends ParameterSpec
    ? Tensor
    : { readonly [K in keyof P]: Traced<P[K]> };

/** What is known of traced parameters when nothing is known of their tree. */
export type TracedTree = Tensor | readonly TracedTree[] | { readonly [name: string]: TracedTree };

export interface NamedSpec extends ParameterSpec {
  /** Path in the tree, such as `blocks.0.linear1.weight`. */
  readonly name: string;
}

export function parameter(
  shape: Shape,
  initialize: Initializer,
  options: { readonly decay: boolean; readonly role: ParameterRole },
): ParameterSpec {
  return { kind: "parameter", shape, initialize, ...options };
}

/** All specs of a tree with their paths, in the order of declaration. */
export function namedParameters(tree: ParameterTree, path: string = ""): NamedSpec[] {
  if (isSpec(tree)) return [{ ...tree, name: path }];
  return Object.entries(tree).flatMap(([key, child]: [string, ParameterTree]) =>
    namedParameters(child, path === "" ? key : `${path}.${key}`),
  );
}

/** Replace every spec by what `make` returns for its path. */
export function mapParameters<P extends ParameterTree>(tree: P, make: (spec: NamedSpec) => Tensor): Traced<P> {
  const walk = (node: ParameterTree, path: string): unknown => {
    if (isSpec(node)) return make({ ...node, name: path });
    const children = Object.entries(node).map(([key, child]: [string, ParameterTree]) =>
      [key, walk(child, path === "" ? key : `${path}.${key}`)] as const,
    );
    return Array.isArray(node) ? children.map(([, child]) => child) : Object.fromEntries(children);
  };
  // The walk rebuilds the tree key by key, which TypeScript cannot follow.
  return walk(tree, "") as Traced<P>;
}

/** A graph input for every parameter, named by its path behind a prefix. */
export function parameterInputs<P extends ParameterTree>(tree: P, prefix: string = ""): Traced<P> {
  return mapParameters(tree, ({ name, shape }) => input(`${prefix}${name}`, "f32", shape));
}

/**
 * Initial values: each parameter has its own stream, so adding one does not change the others.
 *
 * @returns f32 tensors by path
 */
export function initialParameters(tree: ParameterTree, seed: number): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(
    namedParameters(tree).map((spec) => {
      const data = allocate("f32", sizeOf(spec.shape));
      initializeParameter(spec, seed, data);
      return [spec.name, { dtype: "f32" as const, shape: spec.shape, data }];
    }),
  );
}

/** The values that `initialParameters` gives one parameter, written where they are wanted: f32, row-major. */
export function initializeParameter({ name, shape, initialize }: NamedSpec, seed: number, out: Float32Array): void {
  initialize(out, rng(seed, "parameter", name), shape);
}

/** Number of trainable values in a tree. */
export function parameterCount(tree: ParameterTree): number {
  return namedParameters(tree).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

function isSpec(tree: ParameterTree): tree is ParameterSpec {
  return "kind" in tree && tree.kind === "parameter";
}
