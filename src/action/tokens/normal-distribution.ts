/** @file The standard normal distribution: density, Φ and its inverse, in double precision. */

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** φ(x) = exp(-x²/2)/√(2π); 0 at ±∞. */
export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / ROOT_TWO_PI;
}

/**
 * Φ(x), the share of a standard normal below x. Relative error below 1e-13 for every x with Φ(x) > 1e-300; the upper tail loses
 * relative accuracy of 1 - Φ(x) only, as every function that returns Φ must.
 *
 * Source: Abramowitz and Stegun 1964, 26.2.11 (series about 0, all terms of one sign) and 26.2.14 (continued fraction of the tail).
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < -2.5) return lowerTail(-x);
  if (x > 2.5) return 1 - lowerTail(x);
  // Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …)
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + normalDensity(x) * sum;
}

/** 1 - Φ(x) for x > 2.5: φ(x)/(x + 1/(x + 2/(x + 3/(x + …)))), from the inside out. */
function lowerTail(x: number): number {
  if (x === Infinity) return 0;
  let tail = x;
  for (let n = 200; n >= 1; n--) tail = x + n / tail;
  return normalDensity(x) / tail;
}

/**
 * Φ⁻¹(p): -∞ at 0, ∞ at 1, NaN outside [0, 1]. Accurate to 1e-13 relative to |x| + 1.
 *
 * Source: Abramowitz and Stegun 1964, 26.2.22 (a start within 0.003), then Halley's method on Φ.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  // 1 - p is exact for p ≥ ½, and the lower tail is where Φ keeps its relative accuracy.
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return -Infinity;
  const t = Math.sqrt(-2 * Math.log(p));
  let x = (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t)) - t;
  for (let step = 0; step < 3; step++) {
    const newton = (normalCdf(x) - p) / normalDensity(x);
    x -= newton / (1 + 0.5 * x * newton);
  }
  return x;
}
