/** @file What of a checkpoint is read as what, and what is missing or left over: every key is accounted for. */

import type { HostTensor, StoredDtype, StoredTensors } from "#engine/array";
import { namedParameters, type NamedSpec } from "#engine/nn";
import { pi0Place } from "../../import/pi0.ts";
import type { Pi0Network } from "../network.ts";
import { EMBEDDING, TIED_EMBEDDING, todaysName, whyUnused } from "./names.ts";

/** A parameter and the tensor that holds it. */
export interface FoundKey {
  readonly spec: NamedSpec;
  /** In the file. */
  readonly key: string;
  readonly dtype: StoredDtype;
  /** Whether its values change sign on the way in. */
  readonly negated: boolean;
}

export interface KeyReport {
  readonly found: readonly FoundKey[];
  /** Found under a name that is not LeRobot's today. */
  readonly renamed: readonly { readonly key: string; readonly today: string }[];
  /** Not needed, and why. */
  readonly unused: readonly { readonly key: string; readonly why: string }[];
  /** LeRobot's names of parameters that no tensor holds. */
  readonly missing: readonly string[];
  /** Keys that nothing is known of. */
  readonly unexpected: readonly string[];
  /** Sentences: tensors of another shape or dtype, and names that are there twice. */
  readonly wrong: readonly string[];
}

/** What weights can be stored as. */
const FLOATS: readonly StoredDtype[] = ["F32", "F16", "BF16"];

/**
 * Hold the keys of a checkpoint against a network.
 *
 * @param isNeeded which parameters are to be there; default all. Tensors of the others are not needed.
 */
export function keyReport({ entries }: StoredTensors, network: Pi0Network, isNeeded: (spec: NamedSpec) => boolean = () => true): KeyReport {
  const { variant, parameters } = network;
  const byName = new Map<string, string[]>();
  for (const key of entries.keys()) {
    const today = todaysName(key, variant);
    byName.set(today, [...(byName.get(today) ?? []), key]);
  }
  const wrong = [...byName].flatMap(([today, keys]) => (keys.length > 1 ? [`${keys.join(" and ")} are both ${today}`] : []));
  const [found, missing, taken]: [FoundKey[], string[], Set<string>] = [[], [], new Set()];
  for (const spec of namedParameters(parameters)) {
    const { name: today, negated = false } = pi0Place(spec);
    const keys = byName.get(today) ?? (today === EMBEDDING ? byName.get(TIED_EMBEDDING) : undefined) ?? [];
    const [key] = keys;
    const entry = key === undefined ? undefined : entries.get(key);
    for (const each of keys) taken.add(each);
    if (!isNeeded(spec)) continue;
    if (key === undefined || entry === undefined) missing.push(today);
    else if (entry.shape.join() !== spec.shape.join() || !FLOATS.includes(entry.dtype)) {
      wrong.push(`${key} is ${entry.dtype}[${entry.shape.join(", ")}], expected ${FLOATS.join(", ")}[${spec.shape.join(", ")}]`);
    } else found.push({ spec, key, dtype: entry.dtype, negated });
  }
  const rest = [...entries.keys()].filter((key) => !taken.has(key)).map((key) => ({ key, why: whyUnused(todaysName(key, variant), variant) }));
  return {
    found,
    renamed: found.map(({ key }) => ({ key, today: todaysName(key, variant) })).filter(({ key, today }) => key !== today && key !== `model.${today}`),
    unused: rest.flatMap(({ key, why }) => (why === undefined ? [] : [{ key, why }])),
    missing,
    unexpected: rest.filter(({ why }) => why === undefined).map(({ key }) => key),
    wrong,
  };
}

/** One sentence for everything that keeps a checkpoint from being read; none where it fits. */
export function keyProblems({ missing, unexpected, wrong }: KeyReport): string[] {
  return [...missing.map((name) => `${name} is missing`), ...unexpected.map((key) => `${key} is not in the network`), ...wrong];
}

/**
 * The values of the parameters that were found, by our path, one after the other.
 *
 * @throws Error naming everything that keeps the checkpoint from being read
 */
export async function* readWeights(stored: StoredTensors, report: KeyReport, source: string): AsyncGenerator<readonly [path: string, value: HostTensor<"f32">]> {
  const problems = keyProblems(report);
  if (problems.length > 0) throw new Error(`${source}: the weights are of another network: ${someOf(problems)}`);
  for (const { spec, key, negated } of report.found) {
    const { data } = (await stored.read(key)) as HostTensor<"f32">; // the report has looked at its dtype
    yield [spec.name, { dtype: "f32", shape: spec.shape, data: negated ? data.map((value) => -value) : data }];
  }
}

/** A checkpoint of another network has hundreds of problems that say the same. */
function someOf(problems: readonly string[]): string {
  const shown = problems.slice(0, 8).join("; ");
  return problems.length <= 8 ? shown : `${shown}; and ${problems.length - 8} more`;
}
