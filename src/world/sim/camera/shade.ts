/** @file The colour of a pixel: sun and sky on a matt surface. */

import type { Placements } from "./placement.ts";
import type { RigidPose } from "./pose.ts";
import { DEFAULT_SKY, type Color, type Stage } from "./stage.ts";
import type { Eye, Sight } from "./visibility.ts";

/** Light on a surface that faces the sun, the sky, the ground: 1 shows a surface in its own colour. */
const SUN = 0.72;
const FROM_SKY = 0.46;
const FROM_GROUND = 0.2;

/** A stage's colours as amounts of light. */
export interface Paint {
  /** f64[N, 2, 3] colour and checker colour of every solid. */
  readonly solids: Float64Array;
  /** f64[N] side of the checker's squares, m; 0 for none. */
  readonly checkers: Float64Array;
  /** f64[2, 3] horizon and zenith. */
  readonly sky: Float64Array;
}

/**
 * Colours are mixed as amounts of light. A screen shows light as about its value to the power 2.2; here it is the square, whose inverse,
 * the square root, is the same on every machine.
 */
export function paintOf({ solids, sky = DEFAULT_SKY }: Stage): Paint {
  const light = (color: Color): number[] => color.map((value) => value * value);
  return {
    solids: Float64Array.from(solids.flatMap(({ color, checker }) => [...light(color), ...light(checker?.color ?? color)])),
    checkers: Float64Array.from(solids, ({ checker }) => checker?.size ?? 0),
    sky: Float64Array.from([...light(sky.horizon), ...light(sky.zenith)]),
  };
}

export interface Lighting {
  readonly eye: Eye;
  readonly paint: Paint;
  /** u8[h, w] 1 where the sun reaches what the pixel sees. */
  readonly lit: Uint8Array;
  /** f64[3] scratch. */
  readonly point: Float64Array;
}

export interface SeenRow {
  readonly placements: Placements;
  readonly sight: Sight;
  readonly view: RigidPose;
}

/** f64[width / step, 3] sums of light, each of `step` neighbours of a row. */
export interface Blend {
  readonly sums: Float64Array;
  readonly step: number;
}

/**
 * Add the light of every pixel of a row to its sum:
 *
 *     light = color² · (sun · max(0, n·l) + ground + (sky − ground) · (1 + n·up) / 2)
 *
 * with n the normal that faces the camera and l the direction to the sun; in shadow the sun's part is 0.
 */
export function shadeRow(lighting: Lighting, { placements, sight, view }: SeenRow, row: number, { sums, step }: Blend): void {
  const { eye: { across, down, solids }, paint, lit, point } = lighting;
  const { rotations: r, origins: o, lights, ups } = placements;
  const v = down[row] ?? 0;
  const start = row * across.length;
  const { solids: colors, checkers } = paint;
  for (let column = 0; column < across.length; column++) {
    const pixel = start + column;
    const id = sight.ids[pixel] ?? -1;
    const u = across[column] ?? 0;
    const out = 3 * Math.floor(column / step);
    const shape = id < 0 ? undefined : solids[id]?.shape;
    if (shape === undefined) {
      addSky(sums, out, paint.sky, skyHeight(view.rotation, u, v));
      continue;
    }
    const t = sight.depth[pixel] ?? 0;
    const i = 9 * id, k = 3 * id;
    const dx = (r[i] ?? 0) * u + (r[i + 1] ?? 0) * v + (r[i + 2] ?? 0);
    const dy = (r[i + 3] ?? 0) * u + (r[i + 4] ?? 0) * v + (r[i + 5] ?? 0);
    const dz = (r[i + 6] ?? 0) * u + (r[i + 7] ?? 0) * v + (r[i + 8] ?? 0);
    point[0] = (o[k] ?? 0) + t * dx;
    point[1] = (o[k + 1] ?? 0) + t * dy;
    point[2] = (o[k + 2] ?? 0) + t * dz;
    const color = 6 * id + 3 * squareOf(point, checkers[id] ?? 0);
    shape.normal(point);
    const nx = point[0] ?? 0, ny = point[1] ?? 0, nz = point[2] ?? 0;
    // A plane is seen from both sides.
    const side = nx * dx + ny * dy + nz * dz > 0 ? -1 : 1;
    const sun = side * (nx * (lights[k] ?? 0) + ny * (lights[k + 1] ?? 0) + nz * (lights[k + 2] ?? 0));
    const up = side * (nx * (ups[k] ?? 0) + ny * (ups[k + 1] ?? 0) + nz * (ups[k + 2] ?? 0));
    const light = FROM_GROUND + ((FROM_SKY - FROM_GROUND) * (1 + up)) / 2 + (sun > 0 && lit[pixel] === 1 ? SUN * sun : 0);
    sums[out] = (sums[out] ?? 0) + light * (colors[color] ?? 0);
    sums[out + 1] = (sums[out + 1] ?? 0) + light * (colors[color + 1] ?? 0);
    sums[out + 2] = (sums[out + 2] ?? 0) + light * (colors[color + 2] ?? 0);
  }
}

/** 0 or 1: which of a checker's two colours a point of the solid's own frame has. */
function squareOf(point: Float64Array, size: number): number {
  if (size === 0) return 0;
  const squares = Math.floor((point[0] ?? 0) / size) + Math.floor((point[1] ?? 0) / size);
  return squares - 2 * Math.floor(squares / 2);
}

/** Sine of the angle of a camera's ray above the horizon, at least 0. */
function skyHeight(r: Float64Array, u: number, v: number): number {
  const up = (r[6] ?? 0) * u + (r[7] ?? 0) * v + (r[8] ?? 0);
  return up <= 0 ? 0 : up / Math.sqrt(u * u + v * v + 1);
}

function addSky(sums: Float64Array, out: number, sky: Float64Array, height: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const horizon = sky[channel] ?? 0;
    sums[out + channel] = (sums[out + channel] ?? 0) + horizon + height * ((sky[3 + channel] ?? 0) - horizon);
  }
}

/** Write a row of bytes, u8[width, 3] from `offset` on: 255 · √(mean light), rounded, and start the sums anew. */
export function developRow(rgb: Uint8Array, offset: number, sums: Float64Array, samples: number): void {
  for (let i = 0; i < sums.length; i++) {
    const level = Math.floor(255 * Math.sqrt((sums[i] ?? 0) / samples) + 0.5);
    rgb[offset + i] = level > 255 ? 255 : level;
  }
  sums.fill(0);
}
