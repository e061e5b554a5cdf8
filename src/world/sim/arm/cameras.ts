/** @file The cameras of the arm: one that stands at the table, one at the wrist. */

import {
  lookAt, mountedPose, pinholeCamera, placeSolid, renderer, solidAt, solidPoses, type Camera, type RigidPose, type SolidPoses, type Stage,
} from "../camera/index.ts";
import { requireNumbers } from "../environment.ts";
import type { CameraFrame, StateCameras } from "../state-cameras.ts";
import { armSolids, armTaskLayout } from "./environment.ts";
import { solidPlacer, type SolidPlaces } from "./placement.ts";
import { armStage, FLOOR_Z } from "./stage.ts";
import type { ArmTask } from "./task.ts";

export type ArmCameraName = "front" | "wrist";

/** Pixels along the sides, 1 to 2048: `size` for square images, or both. */
export type ArmCameraSize = { readonly size: number } | { readonly width: number; readonly height: number };

export type ArmCameraOptions = ArmCameraSize & {
  /** Rays along each side of a pixel, as in `RendererOptions`. Default 1. */
  readonly samples?: number;
};

export interface ArmCameras extends StateCameras {
  readonly cameras: Readonly<Record<ArmCameraName, Camera>>;
  look(state: ArrayLike<number>): Readonly<Record<ArmCameraName, CameraFrame>>;
  /** Where a camera is for a state f[S], base ← camera. */
  view(name: ArmCameraName, state: ArrayLike<number>): RigidPose;
}

/** Larger images are slower than any use of them. */
const LARGEST_PX = 2048;

/** Angles between the upper and the lower edge, rad. */
const FOV = { front: 0.6, wrist: 1.3 } as const;
/** Beyond the table and to the robot's right, so that neither the arm nor the post of pick-place hides what it works on. */
const FRONT = lookAt([1.25, -0.42, 0.85], [0.46, 0, 0.12]);
/** From the middle of the hand's box, whose z points to the fingertips: before the hand, looking back between the fingers. */
const WRIST = lookAt([0.08, 0, 0], [0.035, 0, 0.1], [1, 0, 0]);

/**
 * The cameras of a task. They see all that `armSolids` lists, marks of the goal included, on a table over a checkered floor.
 *
 * `front` stands still; `wrist` is fixed to the hand. Images are drawn from the state alone, so those of a recorded state are those of the
 * moment it was recorded. No state is an error: a wrist camera that is pushed into something is covered, which is black at depth 0.
 *
 * @throws RangeError when a size is no whole number from 1 to 2048; later, for a state that is none of the task's, or a camera that is not there
 */
export function armCameras(task: ArmTask, options: ArmCameraOptions): ArmCameras {
  const { width, height } = sizeOf(options);
  const { samples = 1 } = options;
  const solids = armSolids(task);
  const stage = armStage(solids);
  const layout = armTaskLayout(task);
  const placed = solidPlacer(solids, layout);
  const place = (state: ArrayLike<number>): SolidPlaces => {
    requireNumbers("armCameras: state", state, layout.size);
    return placed(state);
  };
  const hand = solids.findIndex(({ name }) => name === "hand");
  const viewIn = (name: ArmCameraName, places: SolidPlaces): RigidPose => (name === "front" ? FRONT : mountedPose(poseOf(places, hand), WRIST));
  const poses = solidPoses(stage.solids.length);
  placeSolid(poses, solids.length, [0, 0, FLOOR_Z]);
  const eyes = { front: eye(stage, FOV.front, { width, height, samples }), wrist: eye(stage, FOV.wrist, { width, height, samples }) };

  return {
    cameras: { front: eyes.front.camera, wrist: eyes.wrist.camera },
    view(name, state) {
      if (!Object.hasOwn(eyes, name)) throw new RangeError(`armCameras: there is no camera "${name}"; cameras are ${Object.keys(eyes).join(", ")}`);
      return viewIn(name, place(state));
    },
    look(state) {
      const places = place(state);
      poses.positions.set(places.positions);
      poses.rotations.set(places.rotations);
      return { front: eyes.front.look(poses, viewIn("front", places)), wrist: eyes.wrist.look(poses, viewIn("wrist", places)) };
    },
  };
}

interface Eye {
  readonly camera: Camera;
  /** The same buffers every time. */
  look(poses: SolidPoses, view: RigidPose): CameraFrame;
}

function eye(stage: Stage, verticalFovRad: number, { width, height, samples }: { readonly width: number; readonly height: number; readonly samples: number }): Eye {
  const camera = pinholeCamera({ width, height, verticalFovRad });
  const { render } = renderer(stage, camera, { samples });
  const frame: CameraFrame = { rgb: new Uint8Array(3 * width * height), depth: new Float32Array(width * height) };
  return {
    camera,
    look(poses, view) {
      if (solidAt(stage, poses, view.position) < 0) {
        render(poses, view, frame);
      } else {
        frame.rgb.fill(0);
        frame.depth.fill(0);
      }
      return frame;
    },
  };
}

function poseOf({ positions, rotations }: SolidPlaces, index: number): RigidPose {
  return { position: positions.subarray(3 * index, 3 * index + 3), rotation: rotations.subarray(9 * index, 9 * index + 9) };
}

function sizeOf(size: ArmCameraSize): { readonly width: number; readonly height: number } {
  const { width, height } = "size" in size ? { width: size.size, height: size.size } : size;
  for (const [name, value] of Object.entries({ width, height })) {
    if (Number.isInteger(value) && value >= 1 && value <= LARGEST_PX) continue;
    throw new RangeError(`armCameras: ${name} is ${value}, expected a whole number of px from 1 to ${LARGEST_PX}`);
  }
  return { width, height };
}
