/** @file A scene with many rollouts in it, as one drawing. */

import type { Environment } from "#world/sim";
import type { TracedRollout } from "../comparison.ts";

type Scene = Environment["scene"];
type Shape = Scene["shapes"][number];

/** Pixels of the drawing's longer side. */
const SIZE = 360;

/**
 * The robots' ways and where everything that moves ended, over what stands still. Ways are coloured by the side they
 * took where there are sides, and by success elsewhere; those that failed are dashed.
 */
export function sceneSvg(scene: Scene, rollouts: readonly TracedRollout[], title: string): string {
  const { left, right, top, bottom } = scene.view;
  const scale = SIZE / Math.max(Math.abs(right - left), Math.abs(bottom - top));
  const [width, height] = [Math.abs(right - left) * scale, Math.abs(bottom - top) * scale];
  // One rule for both directions of y: the view says which edge is on top.
  const place = ([x, y]: readonly [number, number]): string =>
    `${(((x - left) / (right - left)) * width).toFixed(1)},${(((y - top) / (bottom - top)) * height).toFixed(1)}`;
  const fixed = scene.shapes.filter(({ place: at }) => at.kind === "fixed").map((shape) => shapeSvg(shape, [], { place, scale }));
  const moved = scene.shapes
    .filter(({ place: at, role }) => at.kind === "moving" && role !== "agent")
    .flatMap((shape) => rollouts.map(({ last }) => shapeSvg(shape, last, { place, scale })));
  const ways = rollouts.map(
    ({ path, success, mode }) =>
      `<polyline class="way ${success ? "solved" : "failed"} ${mode === null ? "" : `mode${mode}`}" points="${path.map(place).join(" ")}"/>`,
  );
  return (
    `<svg class="scene" viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" role="img" aria-label="${title}">` +
    `${fixed.join("")}${moved.join("")}${ways.join("")}</svg>`
  );
}

interface Frame {
  readonly place: (point: readonly [number, number]) => string;
  readonly scale: number;
}

function shapeSvg({ role, color, outline, place: at }: Shape, state: readonly number[], { place, scale }: Frame): string {
  const entry = (index: number): number => state[index] ?? NaN;
  const [x, y, angle] =
    at.kind === "fixed" ? [at.x, at.y, at.angleRad] : [entry(at.x), entry(at.y), at.angle === null ? 0 : entry(at.angle)];
  const look = `class="shape ${role}"${color === undefined ? "" : ` style="fill:${color};stroke:${color}"`}`;
  if (outline.kind === "circle") {
    const [cx = "", cy = ""] = place([x, y]).split(",");
    return `<circle ${look} cx="${cx}" cy="${cy}" r="${(outline.radius * scale).toFixed(1)}"/>`;
  }
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corners = outline.corners.map(([u, v]) => place([x + cos * u - sin * v, y + sin * u + cos * v]));
  return `<polygon ${look} points="${corners.join(" ")}"/>`;
}
