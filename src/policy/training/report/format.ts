/** @file Numbers as people read them. */

/** 5912066 → "5.9 M". */
export function countText(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return groupDigits(value);
}

/** 12345.6 → "12,346". The same on every machine, whatever its locale. */
export function groupDigits(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Seconds → "48 s", "3 min 07 s", "1 h 02 min". */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Share 0 to 1 → "84 %". */
export function percentText(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Tick labels: 0.0005 → "5e-4", 0.25 → "0.25", 2000 → "2,000". */
export function tickText(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.01) return value.toExponential().replace(/(\.\d{2})\d+/, "$1");
  if (size >= 1000) return groupDigits(value);
  return String(Number(value.toPrecision(3)));
}
