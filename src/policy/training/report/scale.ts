/** @file Axes: from data to pixels, and where the ticks stand. */

export interface Scale {
  readonly kind: "linear" | "log";
  readonly domain: readonly [low: number, high: number];
  readonly range: readonly [from: number, to: number];
  /** Data to px. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

export type Span = readonly [number, number];

/** A linear axis over exactly `domain`. */
export function linearScale(domain: Span, range: Span, tickCount: number = 5): Scale {
  const [low, high] = widen(domain);
  const at = (value: number): number =>
    range[0] + ((value - low) / (high - low)) * (range[1] - range[0]);
  return { kind: "linear", domain: [low, high], range, at, ticks: linearTicks(low, high, tickCount) };
}

/** A logarithmic axis that holds `domain`, widened to 1-2-5 ticks; both ends must be positive. */
export function logScale(domain: Span, range: Span): Scale {
  const low = tickBelow(domain[0]);
  const high = tickAbove(Math.max(domain[1], domain[0] * 1.01));
  const [from, to] = [Math.log(low), Math.log(high)];
  const at = (value: number): number =>
    range[0] + ((Math.log(value) - from) / (to - from)) * (range[1] - range[0]);
  return { kind: "log", domain: [low, high], range, at, ticks: logTicks(low, high) };
}

/** Steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Multiples of the step, cleaned of binary noise such as 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades > 3.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const tick = Number(`${factor}e${power}`);
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

function tickBelow(value: number): number {
  const power = Math.floor(Math.log10(value));
  const factor = [5, 2, 1].find((f) => Number(`${f}e${power}`) <= value) ?? 1;
  return Number(`${factor}e${power}`);
}

function tickAbove(value: number): number {
  const power = Math.floor(Math.log10(value));
  const factor = [1, 2, 5].find((f) => Number(`${f}e${power}`) >= value);
  return factor === undefined ? Number(`1e${power + 1}`) : Number(`${factor}e${power}`);
}

function widen([low, high]: Span): Span {
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}
