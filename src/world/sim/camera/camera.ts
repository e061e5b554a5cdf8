/** @file A pinhole camera: its size in pixels, its intrinsics, and the range of depths it sees. */

/**
 * A pinhole camera without distortion, as OpenCV describes one: x to the right, y down, z forward along the optical axis.
 *
 * A point (X, Y, Z) of the camera's frame, m, falls on pixel u = fx·X/Z + cx, v = fy·Y/Z + cy. Whole numbers are centres of pixels:
 * u = 0 is the middle of the leftmost column, and the image reaches from −0.5 to width − 0.5.
 */
export interface Camera {
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  /** Focal lengths, px. */
  readonly fx: number;
  readonly fy: number;
  /** Principal point, px. */
  readonly cx: number;
  readonly cy: number;
  /** Smallest depth that is seen, m. */
  readonly near: number;
  /** Largest depth that is seen, m. */
  readonly far: number;
}

export interface PinholeOptions {
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  /** px; pixels are square. This or `verticalFovRad`. */
  readonly focalPx?: number;
  /** Angle between the upper and the lower edge of the image, rad, in (0, π); MuJoCo's `fovy` in degrees. */
  readonly verticalFovRad?: number;
  /** m, default 0.01. */
  readonly near?: number;
  /** m, default 20. */
  readonly far?: number;
}

/**
 * A camera with square pixels and its principal point in the middle of the image:
 *
 *     fx = fy = (height / 2) / tan(verticalFov / 2)        cx = (width − 1) / 2        cy = (height − 1) / 2
 *
 * @throws RangeError when a size is no positive whole number, or a length or angle is out of range
 */
export function pinholeCamera({ width, height, focalPx, verticalFovRad, near = 0.01, far = 20 }: PinholeOptions): Camera {
  if ((focalPx === undefined) === (verticalFovRad === undefined)) {
    throw new RangeError("pinholeCamera: expected either focalPx or verticalFovRad, and not both");
  }
  if (verticalFovRad !== undefined && !(verticalFovRad > 0 && verticalFovRad < Math.PI)) {
    throw new RangeError(`pinholeCamera: verticalFovRad is ${verticalFovRad}, expected an angle in (0, π) rad; are these degrees?`);
  }
  const focal = focalPx ?? height / 2 / tangent((verticalFovRad ?? 0) / 2);
  const camera = { width, height, fx: focal, fy: focal, cx: (width - 1) / 2, cy: (height - 1) / 2, near, far };
  checkCamera(camera, "pinholeCamera");
  return camera;
}

/** f64[3, 3] row-major, px: [fx, 0, cx; 0, fy, cy; 0, 0, 1]. */
export function intrinsicsOf({ fx, fy, cx, cy }: Camera): Float64Array {
  return Float64Array.of(fx, 0, cx, 0, fy, cy, 0, 0, 1);
}

/** The same view with `factor` × `factor` pixels in place of each: pixel centres of the one are means of the other's. */
export function refinedCamera(camera: Camera, factor: number): Camera {
  const { width, height, fx, fy, cx, cy } = camera;
  const center = (pixel: number): number => factor * pixel + (factor - 1) / 2;
  return { ...camera, width: factor * width, height: factor * height, fx: factor * fx, fy: factor * fy, cx: center(cx), cy: center(cy) };
}

/** Throws unless every field of a camera is in its range. */
export function checkCamera({ width, height, fx, fy, cx, cy, near, far }: Camera, who: string): void {
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${who}: ${name} is ${value}, expected a whole number of px ≥ 1`);
  }
  for (const [name, value] of Object.entries({ fx, fy })) {
    if (!(Number.isFinite(value) && value > 0)) throw new RangeError(`${who}: focal length ${name} is ${value}, expected px above 0`);
  }
  if (!(Number.isFinite(cx) && Number.isFinite(cy))) throw new RangeError(`${who}: principal point is (${cx}, ${cy}), expected finite px`);
  if (!(near > 0 && near < far && Number.isFinite(far))) {
    throw new RangeError(`${who}: depths from ${near} to ${far}, expected 0 < near < far < Infinity, m`);
  }
}

/**
 * tan(x) for x in (0, π/2), from the power series of sine and cosine.
 *
 * `Math.tan` may differ between JavaScript engines in the last bits, and with it every pixel; sums and products do not.
 */
function tangent(x: number): number {
  let sine = 0;
  let cosine = 0;
  let term = 1;
  for (let order = 0; order < 30; order += 2) {
    const sign = order % 4 === 0 ? 1 : -1;
    cosine += sign * term;
    term *= x / (order + 1);
    sine += sign * term;
    term *= x / (order + 2);
  }
  return sine / cosine;
}
