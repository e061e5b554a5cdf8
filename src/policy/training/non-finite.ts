/** @file When a loss stops being a number: find the first tensor that went bad. */

import { emit, formatType, isFloat, reachable, type Program, type Tensor } from "#engine/graph";
import type { HostTensors, OpenSession } from "#engine/runtime";

/** Training met NaN or infinity. The parameters are still those of the step before. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
  readonly step: number;

  constructor(step: number, culprit: string) {
    super(
      `step ${step}: the loss or a gradient is not finite; the first bad tensor is ${culprit}. ` +
        "The weights of the step before are kept: lower learningRate or clipNorm, or look at the data with `tendon data info`",
    );
    this.step = step;
  }
}

/**
 * Run a program once more with every intermediate value as an output, and name the first that holds NaN or infinity.
 *
 * @param feeds the inputs of the step that failed
 */
export async function firstNonFinite(program: Program, feeds: HostTensors, openSession: OpenSession): Promise<string> {
  const bad = Object.entries(feeds).find(([, { data }]) => !allFinite(data));
  if (bad !== undefined) return `the input ${bad[0]}`;
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
