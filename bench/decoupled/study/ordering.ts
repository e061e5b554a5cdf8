/** @file Whether the paper's ordering holds in these results: claims, each answered with numbers. */

import type { Pooled } from "./pooled.ts";
import type { StudyPreset } from "./presets.ts";
import { measuresOf, points, type SuccessRow } from "./tables.ts";

export interface Claim {
  readonly claim: string;
  /** Null where results are missing, or are too low to tell. */
  readonly holds: boolean | null;
  /** Whether the interval of what is asked lies on one side. */
  readonly isSure: boolean;
  readonly numbers: string;
}

/** What "within a few points", "collapses" and "about 0" are taken to mean, in shares. */
export const FEW_POINTS = 0.05;
export const COLLAPSE = 0.5;
export const ABOUT_NOTHING = 0.05;
/** Where a backbone solves less than this when all of it is trained, what freezing costs cannot be told. */
export const TELLING = 0.2;

/** A mean of shares, and its standard error: how far chance in the episodes alone may carry it. */
interface Estimate {
  readonly value: number;
  readonly error: number;
}

interface Pair {
  readonly title: string;
  readonly key: string;
  readonly normal: Estimate | null;
  readonly decoupled: Estimate | null;
}

/** The claims about backbones that the preset has, of the mean success over its tasks; a task that is told by its score is left out: a score is not 0 where nothing is solved. */
export function orderingClaims(preset: StudyPreset, rows: readonly SuccessRow[]): Claim[] {
  const counted = measuresOf(preset).flatMap((measure, i) => (measure === "success" ? [i] : []));
  const average = (key: string, way: string): Estimate | null => {
    const cells = rows.find((row) => row.backbone === key && row.way === way)?.cells ?? [];
    return estimateOf(counted.map((i) => cells[i] ?? null));
  };
  const pairs = preset.backbones.map(({ key, title }): Pair => ({ key, title, normal: average(key, "normal"), decoupled: average(key, "decoupled") }));
  const only = (...keys: readonly string[]): Pair[] => pairs.filter(({ key }) => keys.includes(key));
  return [
    ...only("dp-c", "dp-mlp").map(keepsUp),
    ...only("adaln-zero").map((best) => isBest(best, pairs)),
    ...only("dp-t").map(collapses),
    ...only(...preset.random).map((pair) => isNothing(pair, average(pair.key, "random"))),
  ];
}

/** Null where a task has no result, or there is none. */
function estimateOf(cells: readonly (Pooled | null)[]): Estimate | null {
  const known = cells.flatMap((cell) => (cell === null ? [] : [cell]));
  if (known.length < cells.length || cells.length === 0) return null;
  // Two successes and two failures more than there were (Agresti and Coull 1998): an error of 0 at 0 and 1 would be too sure.
  const variances = known.map(({ success: { value }, episodes }) => {
    const share = (value * episodes + 2) / (episodes + 4);
    return (share * (1 - share)) / (episodes + 4);
  });
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return { value: sum(known.map(({ success }) => success.value)) / known.length, error: Math.sqrt(sum(variances)) / known.length };
}

/** The answer to "is this above 0": sure where 0 lies outside the interval. */
function above(value: number, error: number): Pick<Claim, "holds" | "isSure"> {
  return { holds: value >= 0, isSure: Math.abs(value) > 1.96 * error };
}

const UNTOLD = { holds: null, isSure: false };

function keepsUp(pair: Pair): Claim {
  const { normal, decoupled } = pair;
  const answer = isTelling(normal) && decoupled !== null ? above(decoupled.value - normal.value + FEW_POINTS, Math.hypot(normal.error, decoupled.error)) : UNTOLD;
  return { claim: `${pair.title} keeps within ${100 * FEW_POINTS} points when its head is frozen`, ...answer, numbers: both(pair) };
}

function isBest(best: Pair, all: readonly Pair[]): Claim {
  const others = all.flatMap(({ key, decoupled }) => (key === best.key || decoupled === null ? [] : [decoupled]));
  const [second] = others.toSorted((a, b) => b.value - a.value);
  const isKnown = others.length === all.length - 1 && isTelling(best.normal);
  const answer = isKnown && second !== undefined && best.decoupled !== null ? above(best.decoupled.value - second.value, Math.hypot(best.decoupled.error, second.error)) : UNTOLD;
  return { claim: `${best.title} is the best of the frozen backbones`, ...answer, numbers: all.map(({ title, decoupled }) => `${title} ${said(decoupled)}`).join(", ") };
}

function collapses(pair: Pair): Claim {
  const { normal, decoupled } = pair;
  const kept = 1 - COLLAPSE;
  const answer = isTelling(normal) && decoupled !== null ? above(kept * normal.value - decoupled.value, Math.hypot(kept * normal.error, decoupled.error)) : UNTOLD;
  return { claim: `${pair.title}, whose cross-attention is frozen, loses more than ${100 * COLLAPSE} % of its success`, ...answer, numbers: both(pair) };
}

/** A control says something only where the same network, trained, solves the tasks. */
function isNothing({ title, normal }: Pair, random: Estimate | null): Claim {
  const answer = isTelling(normal) && random !== null ? above(ABOUT_NOTHING - random.value, random.error) : UNTOLD;
  return { claim: `${title} over a random frozen head solves about nothing, at most ${100 * ABOUT_NOTHING} %`, ...answer, numbers: `${said(random)}, normal ${said(normal)}` };
}

function isTelling(normal: Estimate | null): normal is Estimate {
  return normal !== null && normal.value >= TELLING;
}

function both({ normal, decoupled }: Pair): string {
  return `normal ${said(normal)}, decoupled ${said(decoupled)}`;
}

/** `84.0 ± 2.1 %`, twice the standard error. */
function said(estimate: Estimate | null): string {
  return estimate === null ? "not measured" : `${points(estimate.value)} ± ${points(1.96 * estimate.error)} %`;
}

/** One line each. */
export function claimLines(claims: readonly Claim[]): string[] {
  const word = ({ holds, isSure }: Claim): string => (holds === null ? "cannot be told" : `${holds ? "yes" : "no"}${isSure ? "" : ", but it may be chance"}`);
  return claims.map((claim) => `- **${word(claim)}**: ${claim.claim} (${claim.numbers}).`);
}
