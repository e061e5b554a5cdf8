/** @file Line plots and bar plots as SVG text. */

import { tickText } from "./format.ts";
import { escapeHtml } from "./html.ts";
import type { Scale } from "./scale.ts";

/** The drawing area in SVG units; the picture scales to the width of its column. */
export const FRAME = { width: 360, height: 240, left: 54, right: 22, top: 10, bottom: 42 } as const;

export const X_RANGE = [FRAME.left, FRAME.width - FRAME.right] as const;
export const Y_RANGE = [FRAME.height - FRAME.bottom, FRAME.top] as const;

export interface Series {
  /** Colour class in the style sheet. */
  readonly className: string;
  /** [x, y] in data units; points that are not finite break the line. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axes {
  readonly x: Scale;
  readonly y: Scale;
  /** Names with units where there are any: "training step", "episodes". */
  readonly xLabel: string;
  readonly yLabel: string;
}

export interface LinePlot extends Axes {
  /** What the plot shows, for screen readers. */
  readonly title: string;
  readonly series: readonly Series[];
  /** Fields of a metrics row that hovering reads out; the first one carries the dot. */
  readonly hover: readonly string[];
}

/** Hovering needs the scales in the page: they are written into data attributes. */
export function linePlot(plot: LinePlot): string {
  const { x, y, title, series, hover } = plot;
  const data = [
    `data-x="${[...x.domain, ...x.range].join()}"`,
    `data-y="${[...y.domain, ...y.range].join()}"`,
    `data-y-kind="${y.kind}"`,
    `data-hover="${hover.join()}"`,
  ].join(" ");
  const lines = series.map(({ className, points }) => {
    const marks = points.length <= 40 ? pointMarks(className, points, plot) : "";
    return `<path class="line ${className}" d="${linePath(points, plot)}"/>${marks}`;
  });
  const cursor = `<g class="cursor" hidden><line y1="${Y_RANGE[0]}" y2="${Y_RANGE[1]}"/><circle r="4"/></g>`;
  return svg(title, axes(plot) + lines.join("") + cursor, `class="plot hoverable" ${data}`);
}

export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly height: number;
  readonly className: string;
  /** Text shown by hovering the bar. */
  readonly label: string;
}

export interface BarPlot extends Axes {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export function barPlot(plot: BarPlot): string {
  const { x, y, title, bars } = plot;
  const shapes = bars.map(({ from, to, height, className, label }) => {
    const [left, right] = [x.at(from) + 0.75, x.at(to) - 0.75];
    const top = y.at(height);
    const box = `x="${px(left)}" width="${px(right - left)}"`;
    // The clear box reaches the top, so that low bars are as easy to point at as high ones.
    return (
      `<g class="bar"><rect class="target" ${box} y="${FRAME.top}" height="${Y_RANGE[0] - FRAME.top}"/>` +
      `<rect class="${className}" ${box} y="${px(top)}" height="${px(Y_RANGE[0] - top)}" rx="1.5"/>` +
      `<title>${escapeHtml(label)}</title></g>`
    );
  });
  return svg(title, axes(plot) + shapes.join(""), `class="plot"`);
}

function svg(title: string, body: string, attributes: string): string {
  const { width, height } = FRAME;
  const name = escapeHtml(title);
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}" ${attributes}>${body}</svg>`;
}

function axes({ x, y, xLabel, yLabel }: Axes): string {
  const [bottom, top] = Y_RANGE;
  const xTicks = x.ticks.map(
    (tick) => `<text x="${px(x.at(tick))}" y="${bottom + 17}" class="tick mid">${tickText(tick)}</text>`,
  );
  const yTicks = y.ticks.map((tick) => {
    const at = px(y.at(tick));
    return (
      `<line class="grid" x1="${X_RANGE[0]}" x2="${X_RANGE[1]}" y1="${at}" y2="${at}"/>` +
      `<text x="${FRAME.left - 7}" y="${at}" dy="0.33em" class="tick end">${tickText(tick)}</text>`
    );
  });
  const [middleX, middleY] = [(X_RANGE[0] + X_RANGE[1]) / 2, (bottom + top) / 2];
  return [
    ...yTicks,
    ...xTicks,
    `<line class="axis" x1="${X_RANGE[0]}" x2="${X_RANGE[1]}" y1="${bottom}" y2="${bottom}"/>`,
    `<text x="${middleX}" y="${FRAME.height - 8}" class="name mid">${escapeHtml(xLabel)}</text>`,
    `<text transform="translate(13 ${middleY}) rotate(-90)" class="name mid">${escapeHtml(yLabel)}</text>`,
  ].join("");
}

/** An SVG path; it starts anew after a point that cannot be drawn, such as NaN or 0 on a log axis. */
export function linePath(points: Series["points"], { x, y }: Pick<Axes, "x" | "y">): string {
  let isDown = false;
  let path = "";
  for (const [dataX, dataY] of points) {
    const [pxX, pxY] = [x.at(dataX), y.at(dataY)];
    const isFinite = Number.isFinite(pxX) && Number.isFinite(pxY);
    if (isFinite) path += `${isDown ? "L" : "M"}${px(pxX)} ${px(pxY)}`;
    isDown = isFinite;
  }
  return path;
}

function pointMarks(className: string, points: Series["points"], { x, y }: Axes): string {
  return points
    .filter(([, dataY]) => Number.isFinite(y.at(dataY)))
    .map(([dataX, dataY]) => `<circle class="mark ${className}" cx="${px(x.at(dataX))}" cy="${px(y.at(dataY))}" r="3"/>`)
    .join("");
}

function px(value: number): string {
  return String(Number(value.toFixed(1)));
}
