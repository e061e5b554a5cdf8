/** @file Parity: does a module built here give what a reference implementation gave? */

import { toNumbers, type HostTensor } from "#engine/array";
import { emit, gradients } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { ENCODERS } from "./encoders.ts";
import { NoParityModuleError, readGoldenFile, type GoldenFile } from "./golden-file.ts";
import { LOSSES } from "./losses.ts";
import { NETWORKS } from "./networks.ts";
import { PI0_MODULES } from "./pi0.ts";
import { tensorNamed, type ParityModule, type Precision, type TracedModule } from "./traced-module.ts";

const MODULES: Readonly<Record<string, ParityModule>> = { ...NETWORKS, ...ENCODERS, ...PI0_MODULES, ...LOSSES };

export { NoParityModuleError } from "./golden-file.ts";

export const PARITY_MODULES: readonly string[] = Object.keys(MODULES);

/** One output or gradient in one precision. */
export interface Comparison {
  /** `output.NAME` or `grad.NAME`, as in the file. */
  readonly name: string;
  readonly dtype: "f32" | "f64";
  /**
   * ‖ours - golden‖ / ‖golden‖. A gradient within the rounding of the whole gradient, 10·ε·‖all gradients‖ with ε = 2⁻²³ in
   * float32 and 2⁻⁵² in float64, such as that of a bias which a norm takes away again, holds no right digit in the file itself:
   * it is within its tolerance if ours differs by no more than that rounding. Of a gradient that the file calls zero in
   * exact arithmetic the error is ‖ours - golden‖.
   */
  readonly error: number;
  readonly tolerance: number;
}

export interface ParityReport {
  readonly module: string;
  readonly comparisons: readonly Comparison[];
  /** Largest error over the outputs, and over the gradients, in the file's own precision; 0 where there are none. */
  readonly maxOutputError: number;
  readonly maxGradientError: number;
  /** Whether every error of every precision is within its tolerance. */
  readonly pass: boolean;
}

/**
 * Build the module that a golden file names, give it the file's parameters and inputs, and compare.
 *
 * @throws NoParityModuleError when the file names no module or one that is not known; Error when it cannot be read, or its tensors are not those of
 *   the module
 */
export async function checkParity(bytes: Uint8Array): Promise<ParityReport> {
  const golden = readGoldenFile(bytes);
  const module = Object.hasOwn(MODULES, golden.module) ? MODULES[golden.module] : undefined;
  if (module === undefined) throw new NoParityModuleError(`module ${golden.module} is not known yet; known are ${PARITY_MODULES.join(", ")}`);
  const precisions = module.precisions(golden);
  const comparisons: Comparison[] = [];
  for (const precision of precisions) {
    comparisons.push(...(await compare(golden, module.trace(golden, precision), precision)));
  }
  const own = comparisons.filter(({ dtype }) => dtype === precisions[0]?.dtype);
  const largest = (kind: string): number =>
    own.filter(({ name }) => name.startsWith(kind)).reduce((worst, { error }) => (error <= worst ? worst : error), 0);
  return {
    module: golden.module,
    comparisons,
    maxOutputError: largest("output."),
    maxGradientError: largest("grad."),
    pass: comparisons.every(isWithin),
  };
}

/** False for an error that is no number. */
export function isWithin({ error, tolerance }: Comparison): boolean {
  return error < tolerance;
}

async function compare(golden: GoldenFile, traced: TracedModule, precision: Precision): Promise<Comparison[]> {
  const parts = Object.entries(traced.gradients).flatMap(([name, list]) => list.map((part) => ({ name: `grad.${name}`, ...part })));
  const { loss } = traced.outputs;
  if (parts.length > 0 && loss === undefined) throw new Error("the file has gradients, but its module has no loss");
  const slopes = loss === undefined ? [] : gradients(loss, parts.map(({ of }) => of));
  const outputs = Object.fromEntries([
    ...Object.entries(traced.outputs).map(([name, tensor]) => [`output.${name}`, tensor] as const),
    ...slopes.map((tensor, i) => [`part ${i}`, tensor] as const),
  ]);
  const { bytes } = emit({ name: golden.module, inputs: traced.inputs, outputs });
  // Fusions of the higher levels exist in single precision only.
  await using session = await openSession(bytes, { optimization: precision.dtype === "f64" ? "basic" : "all" });
  const results = await session.run(traced.feeds);

  const { dtype, outputTolerance, gradientTolerance } = precision;
  const rounding = 10 * EPSILON[dtype] * norm(parts.map(({ expected }) => norm(toNumbers(expected))));
  const pairOf = (name: string, expected: HostTensor): Pair => [tensorNamed(results, name, "result"), expected];
  const pairs = parts.map(({ name, expected }, i) => ({ name, pair: pairOf(`part ${i}`, expected) }));
  return [
    ...Object.entries(golden.outputs).map(([key, expected]): Comparison => {
      const name = `output.${key}`;
      return { name, dtype, tolerance: outputTolerance, error: errorOf([pairOf(name, expected)]) };
    }),
    ...Object.keys(traced.gradients).map((key): Comparison => {
      const own = pairs.filter(({ name }) => name === `grad.${key}`).map(({ pair }) => pair);
      if (traced.zeroGradients?.includes(key)) return { name: `grad.${key}`, dtype, tolerance: ZERO_TOLERANCE, error: distanceOf(own) };
      return { name: `grad.${key}`, dtype, tolerance: gradientTolerance, error: errorOf(own, { rounding, tolerance: gradientTolerance }) };
    }),
  ];
}

const EPSILON = { f32: 2 ** -23, f64: 2 ** -52 } as const;

/** Largest size of a gradient that should be zero. */
const ZERO_TOLERANCE = 1e-6;

/** What was worked out here, and what should have been. */
type Pair = readonly [ours: HostTensor, golden: HostTensor];

/** Distance over size of all pairs together, where all is rounding as a share of it in tolerances; NaN where shapes differ. */
function errorOf(pairs: readonly Pair[], noise?: { readonly rounding: number; readonly tolerance: number }): number {
  const own = norm(pairs.map(([, golden]) => norm(toNumbers(golden))));
  const size = noise !== undefined && own < noise.rounding ? noise.rounding / noise.tolerance : own;
  const distance = distanceOf(pairs);
  return size === 0 ? distance : distance / size;
}

/** Distance of all pairs together; NaN where shapes differ. */
function distanceOf(pairs: readonly Pair[]): number {
  if (pairs.some(([ours, golden]) => ours.shape.join() !== golden.shape.join())) return NaN;
  return norm(pairs.map(([ours, golden]) => {
    const values = toNumbers(ours);
    return norm(toNumbers(golden).map((value, i) => (values[i] ?? NaN) - value));
  }));
}

function norm(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
}
