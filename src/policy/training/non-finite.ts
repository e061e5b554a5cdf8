/** @file When a loss stops being a number: find the first tensor that went bad. */

import { emit, formatType, isFloat, reachable, type Program, type Tensor } from "#engine/graph";
import type { HostTensors, OpenSession } from "#engine/runtime";

/** Training met NaN or infinity, and nothing that holds them was saved. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
  readonly step: number;
  readonly finding: string;

  /**
   * @param step the step that failed
   * @param finding which number went bad, as half a sentence
   * @param kept what of the run is left on disk, as a sentence; known to whoever writes checkpoints
   */
  constructor(step: number, finding: string, kept: string = "The step was not taken") {
    super(`step ${step}: ${finding}. ${kept}: lower learningRate (--learning-rate) or clipNorm (--clip-norm), or look at the data with \`tendon data info\``);
    this.step = step;
    this.finding = finding;
  }
}

/** The error of a step after which the state holds a bad number. @param name of the first tensor that does */
export function brokenState(step: number, name: string): NonFiniteError {
  return new NonFiniteError(step, `${name} is not finite after this step`);
}

/** The first tensor of a state that holds NaN or infinity, by name; undefined when all are finite. */
export function firstNonFiniteName(state: HostTensors): string | undefined {
  return Object.entries(state).find(([, { data }]) => !allFinite(data))?.[0];
}

/**
 * Run a program once more with every intermediate value as an output, and name the first that holds NaN or infinity.
 *
 * @param feeds the inputs of the step that failed
 */
export async function firstNonFinite(program: Program, feeds: HostTensors, openSession: OpenSession): Promise<string> {
  const bad = firstNonFiniteName(feeds);
  if (bad !== undefined) return `the input ${bad}`;
  const tensors = reachable(Object.values(program.outputs)).filter((t) => t.source.kind === "op" && isFloat(t));
  const outputs = Object.fromEntries(tensors.map((tensor, i) => [`value_${i}`, tensor]));
  await using session = await openSession(emit({ ...program, outputs }).bytes, { optimization: "basic" });
  const values = await session.run(feeds);
  const first = tensors.findIndex((_, i) => !allFinite(values[`value_${i}`]?.data ?? []));
  const culprit = tensors[first];
  return culprit === undefined ? "not reproducible (every value is finite on a second run)" : describe(culprit);
}

function describe(tensor: Tensor): string {
  const { source } = tensor;
  if (source.kind !== "op") return formatType(tensor);
  const where = source.scope === "" ? source.rule.name : `${source.scope}/${source.rule.name}`;
  return `${where}, ${formatType(tensor)}`;
}

function allFinite(data: ArrayLike<number | bigint>): boolean {
  if (data instanceof BigInt64Array) return true;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}
