/** @file What the arm's world is built of, as values: shapes with colours, and what each of them is fixed to. */

import type { Pose } from "#world/kinematics";

type Triple = readonly [x: number, y: number, z: number];

/** About its own origin; capsules and cylinders along z, the capsule's caps beyond `halfLength`. Lengths in m. */
export type Primitive =
  | { readonly kind: "box"; readonly halfExtents: Triple }
  | { readonly kind: "sphere"; readonly radius: number }
  | { readonly kind: "capsule" | "cylinder"; readonly radius: number; readonly halfLength: number };

/** What a solid moves with. */
export type SolidFrame =
  | { readonly kind: "world" }
  /** The link that joint `index` of the arm carries, from 0. */
  | { readonly kind: "link"; readonly index: number }
  /** A finger; its pad touches the tool's middle plane where the gripper is closed. */
  | { readonly kind: "finger"; readonly side: "left" | "right" }
  /** A free body by its name. */
  | { readonly kind: "object"; readonly name: string }
  /** A place of the task, by the numbers of the goal that hold its x and y (and z, where there are three), m. */
  | { readonly kind: "goal"; readonly entries: readonly number[] };

/** Red, green, blue, each in [0, 1]. */
export type SolidColor = Triple;

export interface ArmSolid {
  readonly name: string;
  readonly shape: Primitive;
  readonly color: SolidColor;
  readonly frame: SolidFrame;
  /** In that frame. */
  readonly pose: Pose;
  /** 0 for what never moves. */
  readonly massKg: number;
  /** False for what is only seen. */
  readonly isTouchable: boolean;
}

export const UPRIGHT: readonly number[] = [1, 0, 0, 0];

/** A capsule whose axis runs between two points, with what a pose needs. */
export function capsuleBetween(from: Triple, to: Triple, radius: number): { readonly shape: Primitive; readonly pose: Pose } {
  const [dx, dy, dz] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const length = Math.hypot(dx, dy, dz);
  const position = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2, (from[2] + to[2]) / 2];
  return { shape: { kind: "capsule", radius, halfLength: length / 2 }, pose: { position, quat: quatFromZTo(dx / length, dy / length, dz / length) } };
}

/** The shortest turn from z to a unit vector: half way between them. A capsule looks the same either way up, so z is never below. */
function quatFromZTo(x: number, y: number, z: number): number[] {
  const sign = z < 0 ? -1 : 1;
  const w = 1 + sign * z;
  const norm = Math.hypot(w, x, y);
  return [w / norm, (-sign * y) / norm, (sign * x) / norm, 0];
}
