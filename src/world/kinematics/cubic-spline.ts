/** @file Cubic splines through postures at given times, at rest at both ends. */

import type { Numbers } from "./quaternion.ts";
import type { Trajectory } from "./trajectory.ts";

/** Twice continuously differentiable, at rest at both ends, where its acceleration is not 0. */
export type Spline = Trajectory;

/**
 * The twice continuously differentiable curve of cubics through points f[n] each, with speed 0 at the first and the last.
 *
 * Between two points it is the Hermite cubic of their values p and speeds v; the speeds inside follow from continuous acceleration,
 *
 *     v_{i-1}/h_i + 2(1/h_i + 1/h_{i+1}) v_i + v_{i+1}/h_{i+1} = 3 ((p_i - p_{i-1})/h_i² + (p_{i+1} - p_i)/h_{i+1}²).
 *
 * @param timesS increasing, from 0
 * @throws RangeError unless there are as many times as points, at least two, and all points are of one size
 *
 * Source: de Boor 1978, "A Practical Guide to Splines", chapter IV (complete cubic spline interpolation).
 */
export function cubicSpline(timesS: readonly number[], points: readonly Numbers[]): Spline {
  const size = requirePoints(timesS, points);
  const speeds = innerSpeeds(timesS, points, size);
  const last = timesS.length - 1;

  const segmentOf = (timeS: number): number => {
    let segment = 0;
    while (segment < last - 1 && timeS >= (timesS[segment + 1] ?? Infinity)) segment++;
    return segment;
  };
  const blend = (timeS: number, out: Float64Array, weights: (s: number, h: number) => readonly [number, number, number, number]): void => {
    const i = segmentOf(timeS);
    const start = timesS[i] ?? NaN;
    const h = (timesS[i + 1] ?? NaN) - start;
    const [p0, p1, v0, v1] = weights(Math.min(1, Math.max(0, (timeS - start) / h)), h);
    const [from, to] = [points[i] ?? [], points[i + 1] ?? []];
    for (let k = 0; k < size; k++) {
      out[k] = p0 * (from[k] ?? NaN) + p1 * (to[k] ?? NaN) + v0 * (speeds[i * size + k] ?? NaN) + v1 * (speeds[(i + 1) * size + k] ?? NaN);
    }
  };

  const endS = timesS[last] ?? 0;
  return {
    size,
    endS,
    at: (timeS, out) => blend(timeS, out, hermite),
    speedAt: (timeS, out) => blend(timeS, out, hermiteSpeed),
    accelerationAt(timeS, out) {
      if (timeS < 0 || timeS > endS) out.fill(0, 0, size);
      else blend(timeS, out, hermiteAcceleration);
    },
  };
}

/** Weights of both values and both speeds at share s of a segment of length h. */
function hermite(s: number, h: number): readonly [number, number, number, number] {
  const left = 1 - s;
  return [(1 + 2 * s) * left * left, s * s * (3 - 2 * s), h * s * left * left, -h * s * s * left];
}

function hermiteSpeed(s: number, h: number): readonly [number, number, number, number] {
  const slope = (6 * s * (1 - s)) / h;
  return [-slope, slope, (1 - s) * (1 - 3 * s), s * (3 * s - 2)];
}

function hermiteAcceleration(s: number, h: number): readonly [number, number, number, number] {
  const bend = (6 * (1 - 2 * s)) / (h * h);
  return [-bend, bend, (6 * s - 4) / h, (6 * s - 2) / h];
}

function requirePoints(timesS: readonly number[], points: readonly Numbers[]): number {
  const size = points[0]?.length ?? 0;
  if (timesS.length !== points.length || points.length < 2) {
    throw new RangeError(`cubicSpline: got ${timesS.length} times and ${points.length} points, expected as many of both, at least 2`);
  }
  if (timesS[0] !== 0 || timesS.some((time, i) => i > 0 && !(time > (timesS[i - 1] ?? NaN)))) {
    throw new RangeError(`cubicSpline: times are [${timesS.join(", ")}] s, expected to increase from 0`);
  }
  points.forEach((point, i) => {
    if (point.length !== size) throw new RangeError(`cubicSpline: point ${i} has ${point.length} numbers, the first has ${size}`);
    if (!Array.from(point).every(Number.isFinite)) throw new RangeError(`cubicSpline: point ${i} is [${Array.from(point).join(", ")}], expected finite numbers`);
  });
  return size;
}

/** Speeds at all points, f64[points, size]: the tridiagonal system, solved forth and back for all numbers of a point at once. */
function innerSpeeds(timesS: readonly number[], points: readonly Numbers[], size: number): Float64Array {
  const count = points.length;
  const speeds = new Float64Array(count * size);
  const upper = new Float64Array(count);
  const time = (i: number): number => timesS[i] ?? NaN;
  for (let i = 1; i < count - 1; i++) {
    const [before, after] = [1 / (time(i) - time(i - 1)), 1 / (time(i + 1) - time(i))];
    const pivot = 2 * (before + after) - before * (upper[i - 1] ?? NaN);
    upper[i] = after / pivot;
    for (let k = 0; k < size; k++) {
      const [left, here, right] = [points[i - 1]?.[k] ?? NaN, points[i]?.[k] ?? NaN, points[i + 1]?.[k] ?? NaN];
      const slope = 3 * ((here - left) * before * before + (right - here) * after * after);
      speeds[i * size + k] = (slope - before * (speeds[(i - 1) * size + k] ?? NaN)) / pivot;
    }
  }
  for (let i = count - 2; i >= 1; i--) {
    for (let k = 0; k < size; k++) speeds[i * size + k] = (speeds[i * size + k] ?? NaN) - (upper[i] ?? NaN) * (speeds[(i + 1) * size + k] ?? NaN);
  }
  return speeds;
}
