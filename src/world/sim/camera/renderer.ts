/** @file One image: RGB, metric depth and segmentation of a stage, as a camera at a pose sees it. */

import { checkCamera, type Camera } from "./camera.ts";
import { painter } from "./painter.ts";
import { emptyPlacements, placeSolids, type Placements } from "./placement.ts";
import { checkPose, normalized, type RigidPose } from "./pose.ts";
import { checkPoses, checkStage, DEFAULT_LIGHT, type SolidPoses, type Stage } from "./stage.ts";
import { look, lookout } from "./visibility.ts";

/** Buffers of the caller's that an image is written to; those left out are not computed. */
export interface Picture {
  /** u8[h, w, 3] */
  readonly rgb?: Uint8Array;
  /** f32[h, w] depth along the optical axis of what lies at the pixel's centre, m; 0 where nothing is hit, as depth cameras report it. */
  readonly depth?: Float32Array;
  /** i32[h, w] position in the stage of the solid at the pixel's centre; −1 where nothing is hit. */
  readonly segments?: Int32Array;
}

export interface RendererOptions {
  /** Rays along each side of a pixel, whose mean is its colour, 1 to 8. Depth and segments are the centre's always. Default 1. */
  readonly samples?: number;
  /** Whether solids throw shadows. Default true. */
  readonly shadows?: boolean;
}

export interface Renderer {
  readonly camera: Camera;
  /**
   * Write the image that the camera sees from `view`, world ← camera. Nothing is allocated.
   *
   * @throws RangeError when a pose is not finite or no rotation, a buffer has another size, or the camera stands outside the stage, inside a
   * solid, or so far away that everything lies beyond its range
   */
  render(poses: SolidPoses, view: RigidPose, picture: Picture): void;
}

/**
 * Images of a stage in a camera. It owns the room an image needs; one serves all views of the same camera.
 *
 * Rays are cast through the pixels of each solid's projected bounds, and the nearest entry wins: silhouettes, depths and normals are those of the
 * solids themselves, not of triangles. The pixels depend on sums, products, quotients, square roots and comparisons alone, so that
 * Node and browsers draw the same bytes.
 *
 * @throws RangeError when the stage, the camera or an option is out of range
 */
export function renderer(stage: Stage, camera: Camera, { samples = 1, shadows = true }: RendererOptions = {}): Renderer {
  checkStage(stage, "renderer");
  checkCamera(camera, "renderer");
  if (!Number.isInteger(samples) || samples < 1 || samples > 8) {
    throw new RangeError(`renderer: samples is ${samples}, expected 1 to 8 rays along a pixel's side`);
  }
  const light = Float64Array.from(normalized(stage.towardsLight ?? DEFAULT_LIGHT) ?? []);
  const placements = emptyPlacements(stage.solids.length);
  const colors = painter(stage, camera, { samples, shadows });
  const centers = samples === 1 ? colors.lookout : lookout(stage.solids, camera);

  return {
    camera,
    render(poses, view, picture) {
      checkPicture(camera, picture);
      checkPoses(stage.solids, poses);
      checkPose("render: view", view);
      placeSolids(placements, poses, view, light);
      checkStandpoint(stage, placements, view);
      checkRange(look(centers.eye, placements, centers.sight), camera);
      const { rgb, depth, segments } = picture;
      if (depth !== undefined) writeDepth(centers.sight.depth, depth);
      segments?.set(centers.sight.ids);
      if (rgb === undefined) return;
      if (samples > 1) look(colors.lookout.eye, placements, colors.lookout.sight);
      colors.paint({ poses, placements, view }, rgb);
    },
  };
}

function writeDepth(seen: Float64Array, depth: Float32Array): void {
  for (let i = 0; i < depth.length; i++) {
    const value = seen[i] ?? 0;
    depth[i] = value === Infinity ? 0 : value;
  }
}

function checkPicture({ width, height }: Camera, { rgb, depth, segments }: Picture): void {
  const pixels = width * height;
  if (rgb === undefined && depth === undefined && segments === undefined) {
    throw new RangeError("render: expected a buffer for rgb, depth or segments, got none");
  }
  checkLength("rgb", rgb, 3 * pixels, `u8[${height}, ${width}, 3]`);
  checkLength("depth", depth, pixels, `f32[${height}, ${width}]`);
  checkLength("segments", segments, pixels, `i32[${height}, ${width}]`);
}

function checkLength(name: string, buffer: { readonly length: number } | undefined, length: number, what: string): void {
  if (buffer === undefined || buffer.length === length) return;
  throw new RangeError(`render: ${name} holds ${buffer.length} values, expected ${what}`);
}

/** Throws unless the camera stands within the stage, and outside every solid. */
function checkStandpoint({ solids, bounds }: Stage, { origins }: Placements, { position }: RigidPose): void {
  for (let axis = 0; axis < 3; axis++) {
    const at = position[axis] ?? NaN;
    if (at >= (bounds.min[axis] ?? 0) && at <= (bounds.max[axis] ?? 0)) continue;
    const range = bounds.min.map((low, i) => `[${low}, ${bounds.max[i]}]`).join(" × ");
    throw new RangeError(
      `render: the camera is at ${where(position)}, outside the scene, which is ${range} m; move the camera, or widen the stage's bounds`,
    );
  }
  for (let index = 0; index < solids.length; index++) {
    const solid = solids[index];
    if (!solid?.shape.contains(origins[3 * index] ?? 0, origins[3 * index + 1] ?? 0, origins[3 * index + 2] ?? 0)) continue;
    const place = `${where(position)}, inside solid ${index} "${solid.name}"`;
    throw new RangeError(`render: the camera is at ${place}; move it, or mount it clear of the link`);
  }
}

/** Throws when there are solids in front of the camera, and all of them too far away to be seen. */
function checkRange(nearest: number, { far }: Camera): void {
  if (nearest <= far || nearest === Infinity) return;
  const distance = Number(nearest.toPrecision(4));
  throw new RangeError(`render: the nearest solid in front of the camera is ${distance} m away, and the camera sees up to far = ${far} m; raise far`);
}

function where(position: Float64Array): string {
  return `(${[...position].map((value) => Number(value.toPrecision(4))).join(", ")})`;
}
