/** @file Whether the paper's ordering holds in these results: claims, each answered with numbers. */

import type { Measure, StudyPreset } from "./presets.ts";
import { averageOf, measuresOf, points, type SuccessRow } from "./tables.ts";

export interface Claim {
  readonly claim: string;
  /** Null where results are missing, or are too low to tell. */
  readonly holds: boolean | null;
  readonly numbers: string;
}

/** What "within a few points", "collapses" and "about 0" are taken to mean, in shares. */
export const FEW_POINTS = 0.05;
export const COLLAPSE = 0.5;
export const ABOUT_NOTHING = 0.05;
/** Where a backbone solves less than this when all of it is trained, what freezing costs cannot be told. */
export const TELLING = 0.2;

interface Pair {
  readonly title: string;
  readonly key: string;
  readonly normal: number | null;
  readonly decoupled: number | null;
}

/** The claims about backbones that the preset has, of means over its tasks, each by its own measure; what solves nothing is told by what it solves. */
export function orderingClaims(preset: StudyPreset, rows: readonly SuccessRow[]): Claim[] {
  const average = (key: string, way: string, measures: readonly Measure[] = measuresOf(preset)): number | null =>
    averageOf(rows.find((row) => row.backbone === key && row.way === way)?.cells ?? [], measures);
  const pairs = preset.backbones.map(({ key, title }): Pair => ({ key, title, normal: average(key, "normal"), decoupled: average(key, "decoupled") }));
  const only = (...keys: readonly string[]): Pair[] => pairs.filter(({ key }) => keys.includes(key));
  return [
    ...only("dp-c", "dp-mlp").map(keepsUp),
    ...only("adaln-zero").map((best) => isBest(best, pairs)),
    ...only("dp-t").map(collapses),
    ...preset.random.map((key) => isNothing(only(key)[0]?.title ?? key, average(key, "random", []))),
  ];
}

function keepsUp(pair: Pair): Claim {
  const loss = lossOf(pair);
  return { claim: `${pair.title} keeps within ${100 * FEW_POINTS} points when its head is frozen`, holds: loss === null ? null : loss <= FEW_POINTS, numbers: both(pair) };
}

function isBest(best: Pair, all: readonly Pair[]): Claim {
  const known = all.every(({ decoupled }) => decoupled !== null) && (best.normal ?? 0) >= TELLING;
  const highest = Math.max(...all.map(({ decoupled }) => decoupled ?? NaN));
  return {
    claim: `${best.title} is the best of the frozen backbones`,
    holds: known ? (best.decoupled ?? NaN) >= highest : null,
    numbers: all.map(({ title, decoupled }) => `${title} ${said(decoupled)}`).join(", "),
  };
}

function collapses(pair: Pair): Claim {
  const loss = lossOf(pair);
  return {
    claim: `${pair.title}, whose cross-attention is frozen, loses more than ${100 * COLLAPSE} % of its success`,
    holds: loss === null ? null : loss > COLLAPSE * (pair.normal ?? NaN),
    numbers: both(pair),
  };
}

function isNothing(title: string, random: number | null): Claim {
  return { claim: `${title} over a random frozen head solves about nothing, at most ${100 * ABOUT_NOTHING} %`, holds: random === null ? null : random <= ABOUT_NOTHING, numbers: said(random) };
}

/** What freezing costs; null where that cannot be told. */
function lossOf({ normal, decoupled }: Pair): number | null {
  return normal === null || decoupled === null || normal < TELLING ? null : normal - decoupled;
}

function both({ normal, decoupled }: Pair): string {
  return `normal ${said(normal)}, decoupled ${said(decoupled)}`;
}

function said(share: number | null): string {
  return share === null ? "not measured" : `${points(share)} %`;
}

/** One line each. */
export function claimLines(claims: readonly Claim[]): string[] {
  return claims.map(({ claim, holds, numbers }) => `- **${holds === null ? "cannot be told" : holds ? "yes" : "no"}**: ${claim} (${numbers}).`);
}
