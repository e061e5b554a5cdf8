/** @file SpatialVLA's adaptive action grid: a 7-D action as three tokens, for translation, rotation and gripper. */

import { z } from "zod";
import { binFinder, type BinFinder } from "./bin-edges.ts";
import { binValues, cellCenters, cellOptions, isNearerToZero, toUnit } from "./cells.ts";
import type { GridCodec } from "./codec.ts";
import { axisEdges, fitGaussian, gaussianSchema, type Axis, type AxisFit, type Gaussian } from "./gaussian-edges.ts";
import { gridCodecOf } from "./grid-codec.ts";
import { defineScheme, type ActionRows } from "./scheme.ts";

/** The binned axes in the order of the ids: of each token the last axis runs fastest. */
export const SPATIAL_AXES = ["theta", "phi", "r", "roll", "pitch", "yaw"] as const;
export type SpatialAxis = (typeof SPATIAL_AXES)[number];
/** One value per axis. */
export type PerAxis<Value> = Readonly<Record<SpatialAxis, Value>>;

/** Where each axis is cut, and into how many bins. */
export const SPATIAL_RANGES: PerAxis<Omit<Axis, "name">> = {
  theta: { low: 0, high: Math.PI, bins: 16 },
  phi: { low: -Math.PI, high: Math.PI, bins: 32 },
  // The sphere around the cube [-1, 1]³.
  r: { low: 0, high: Math.sqrt(3), bins: 8 },
  roll: { low: -1, high: 1, bins: 16 },
  pitch: { low: -1, high: 1, bins: 16 },
  yaw: { low: -1, high: 1, bins: 16 },
};

/** Where the released vocabulary has the first action token. */
const FIRST_ABSOLUTE_ID = 257153;

function perAxis<Value>(make: (axis: SpatialAxis) => Value): PerAxis<Value> {
  return { theta: make("theta"), phi: make("phi"), r: make("r"), roll: make("roll"), pitch: make("pitch"), yaw: make("yaw") };
}

const edgesSchema = (axis: SpatialAxis) =>
  z
    .array(z.number())
    .length(SPATIAL_RANGES[axis].bins + 1)
    .refine((edges) => edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? Infinity)), { error: "expected edges that increase" });

const schema = z.strictObject({
  scheme: z.literal("spatialvla"),
  /** A Gaussian per axis, or null for bins of equal width. Other keys are passed over, so that the released files fit. */
  gaussians: z.object(perAxis(() => gaussianSchema)).nullable(),
  /** Edges to use as they are, in place of those that the Gaussians make: those of a published `bin_policy`. */
  edges: z.strictObject(perAxis(edgesSchema)).optional(),
  ...cellOptions,
  /** The id of the first action token in the language model's vocabulary. */
  firstAbsoluteId: z.int().min(0).default(FIRST_ABSOLUTE_ID),
});

export type SpatialSpec = z.output<typeof schema>;

/**
 * An action (x, y, z, roll, pitch, yaw, gripper), the first six in [-1, 1], as three tokens:
 *
 *     θ = atan2(√(x² + y²), z) in [0, π]      φ = atan2(y, x) in [-π, π]      r = √(x² + y² + z²) in [0, √3]
 *
 *     translation = θ bin · 256 + φ bin · 8 + r bin                    ids    0 … 4095
 *     rotation    = 4096 + roll bin · 256 + pitch bin · 16 + yaw bin   ids 4096 … 8191
 *     gripper     = 8192 + (1 where gripper ≥ ½)                       ids 8192, 8193
 *
 * after all seven numbers are clamped to [-1, 1]. An id decodes to the middles of its bins, turned back to x, y, z and clamped to [-1, 1];
 * the gripper to 0 or 1. The absolute id is 257153 + id. With `zeroCell` the translation and the rotation get one id more each, at
 * their ends, and absolute ids are off, because the released vocabulary has no such tokens.
 *
 * Source: SpatialVLA/SpatialVLA at e480753, model/action_tokenizer.py, lines 59-370; arXiv:2501.15830 (which writes φ before θ; the ids
 * follow the code). Deviations: ids outside their token's range are refused, where upstream moves them to the nearest legal one and so
 * turns padding into a motion; `zeroCell` and `decoding: "mean"` are ours and off by default.
 */
function spatialCodec(spec: SpatialSpec): GridCodec {
  const { zeroCell, firstAbsoluteId } = spec;
  const edges = spatialEdges(spec);
  const values = perAxis((axis) => binValues(edges[axis], fitOf(spec, axis), spec.decoding));
  const spatial = cellCenters({ axes: [values.theta, values.phi, values.r], dims: 3, toCenter: sphericalToPoint, zeroCell });
  const angular = cellCenters({ axes: [values.roll, values.pitch, values.yaw], dims: 3, toCenter: (rpy, center) => center.set(rpy), zeroCell });
  const translation = { offset: 0, size: spatial.length / 3, dims: [0, 1, 2], centers: spatial };
  const rotation = { offset: translation.size, size: angular.length / 3, dims: [3, 4, 5], centers: angular };
  const gripper = { offset: rotation.offset + rotation.size, size: 2, dims: [6], centers: Float64Array.of(0, 1) };
  const binOf = perAxis((axis) => binFinder(edges[axis]));
  const unit = new Float64Array(7);
  const position = unit.subarray(0, 3);
  const angles = unit.subarray(3, 6);
  return gridCodecOf({
    scheme: "spatialvla",
    actionSize: 7,
    slots: [translation, rotation, gripper],
    encode(action, ids) {
      const clamped = clampInto(action, unit);
      const far = translationCell(binOf, position);
      const turn = rotationCell(binOf, angles);
      ids[0] = zeroCell && isNearerToZero(position, spatial, far) ? translation.size - 1 : far;
      ids[1] = rotation.offset + (zeroCell && isNearerToZero(angles, angular, turn) ? rotation.size - 1 : turn);
      ids[2] = gripper.offset + ((unit[6] ?? 0) >= 0.5 ? 1 : 0);
      return clamped;
    },
    ...(zeroCell ? {} : { absoluteId: (id: number): number => firstAbsoluteId + id }),
  });
}

/** Writes the action clamped to [-1, 1]; returns how many values that changed. */
function clampInto(action: ArrayLike<number>, unit: Float64Array): number {
  let clamped = 0;
  for (let i = 0; i < unit.length; i++) {
    const value = action[i] ?? 0;
    unit[i] = toUnit(value);
    if (value > 1 || value < -1) clamped++;
  }
  return clamped;
}

function translationCell(binOf: PerAxis<BinFinder>, position: Float64Array): number {
  const x = position[0] ?? 0;
  const y = position[1] ?? 0;
  const z = position[2] ?? 0;
  const level = x * x + y * y;
  const theta = binOf.theta(Math.atan2(Math.sqrt(level), z));
  const phi = binOf.phi(Math.atan2(y, x));
  return (theta * SPATIAL_RANGES.phi.bins + phi) * SPATIAL_RANGES.r.bins + binOf.r(Math.sqrt(level + z * z));
}

function rotationCell(binOf: PerAxis<BinFinder>, angles: Float64Array): number {
  const roll = binOf.roll(angles[0] ?? 0);
  const pitch = binOf.pitch(angles[1] ?? 0);
  return (roll * SPATIAL_RANGES.pitch.bins + pitch) * SPATIAL_RANGES.yaw.bins + binOf.yaw(angles[2] ?? 0);
}

/** (θ, φ, r) to (x, y, z), clamped to the cube, which the outermost radii leave. */
function sphericalToPoint([theta = 0, phi = 0, r = 0]: Float64Array, center: Float64Array): void {
  center[0] = toUnit(r * Math.sin(theta) * Math.cos(phi));
  center[1] = toUnit(r * Math.sin(theta) * Math.sin(phi));
  center[2] = toUnit(r * Math.cos(theta));
}

function fitOf({ gaussians, minSigma }: SpatialSpec, axis: SpatialAxis): AxisFit {
  return { gaussian: gaussians?.[axis] ?? null, minSigma };
}

/**
 * The edges a spec stands for: its own, or those its Gaussians make.
 *
 * @throws RangeError when the Gaussians make no bins, or means are asked for and the Gaussians behind the edges are not known
 */
export function spatialEdges(spec: SpatialSpec): PerAxis<Float64Array> {
  const { edges, gaussians, decoding } = spec;
  if (edges === undefined) return perAxis((axis) => axisEdges({ name: `spatialvla: ${axis}`, ...SPATIAL_RANGES[axis] }, fitOf(spec, axis)));
  if (decoding === "mean" && gaussians === null) {
    throw new RangeError('spatialvla: decoding is "mean" with edges of unknown origin; give the Gaussians they were made from');
  }
  return perAxis((axis) => Float64Array.from(edges[axis]));
}

/**
 * A Gaussian per axis from actions, clamped to [-1, 1] as the codec does.
 *
 * SpatialVLA released its numbers (scripts/gs_*.json at e480753), not the script; they are means and deviations of θ, φ, r, roll, pitch
 * and yaw, each axis for itself.
 *
 * @throws RangeError when the actions have not seven dimensions
 */
export function fitGaussians({ values, actionSize }: ActionRows): PerAxis<Gaussian> {
  if (actionSize !== 7) throw new RangeError(`spatialvla: actions have ${actionSize} dimensions, expected 7: x, y, z, roll, pitch, yaw, gripper`);
  const count = values.length / 7;
  const columns = perAxis(() => new Float64Array(count));
  for (let i = 0; i < count; i++) {
    const [x = 0, y = 0, z = 0, roll = 0, pitch = 0, yaw = 0] = Array.from(values.subarray(7 * i, 7 * i + 6), toUnit);
    columns.theta[i] = Math.atan2(Math.sqrt(x * x + y * y), z);
    columns.phi[i] = Math.atan2(y, x);
    columns.r[i] = Math.sqrt(x * x + y * y + z * z);
    columns.roll[i] = roll;
    columns.pitch[i] = pitch;
    columns.yaw[i] = yaw;
  }
  return perAxis((axis) => fitGaussian(columns[axis]));
}

/** A fit floors σ at 0.5, as the pre-training of SpatialVLA did; its fine-tuned models were made without a floor. */
export const spatialScheme = defineScheme({
  name: "spatialvla",
  schema,
  codec: spatialCodec,
  fit: (rows) => ({ gaussians: { ...fitGaussians(rows) }, minSigma: 0.5 }),
});
