/** @file Cameras: RGB, metric depth and segmentation of solids, drawn in software. */

export { intrinsicsOf, pinholeCamera, type Camera, type PinholeOptions } from "./camera.ts";
export { emptyPose, lookAt, mountedPose, rigidPose, type RigidPose } from "./pose.ts";
export { backProject, projectPoint, type DepthPixel } from "./project.ts";
export { renderer, type Picture, type Renderer, type RendererOptions } from "./renderer.ts";
export { boxShape } from "./shapes/box.ts";
export { capsuleShape } from "./shapes/capsule.ts";
export { cylinderShape } from "./shapes/cylinder.ts";
export { planeShape } from "./shapes/plane.ts";
export { sphereShape } from "./shapes/sphere.ts";
export type { RayBatch, Shape } from "./shapes/shape.ts";
export { placeSolid, solidPoses, type Color, type Solid, type SolidPoses, type Stage } from "./stage.ts";
