/** @file The arm: a 7-DoF robot with a gripper at a table, its tasks and its experts. */

export { ARM_ACTION_LEAST_RANGE, ARM_ACTION_NAMES, ARM_ACTION_SIZE } from "./action.ts";
export { armCameras, type ArmCameraName, type ArmCameraOptions, type ArmCameras } from "./cameras.ts";
export { demonstrateArm, type DemonstrateOptions } from "./demonstrate.ts";
export { armEnvironment, armFacts, armSolids, armTaskLayout } from "./environment.ts";
export { armPoints } from "./errands.ts";
export { ARM_EXPERTS } from "./experts/index.ts";
export { readSlice, sliceOf, type ArmLayout, type Slice } from "./layout.ts";
export { armMirror, type ArmMirror } from "./mirror.ts";
export { armMjcf } from "./mjcf.ts";
export { compileMjcf, loadMuJoCo, type LoadOptions, type Physics } from "./mujoco.ts";
export { ARM_ITSELF, armObservation, type ArmObservation } from "./observe.ts";
export { solidPlacer, type SolidPlaces } from "./placement.ts";
export { DOWN, RATE_HZ as ARM_RATE_HZ, WORKSPACE } from "./servo.ts";
export { armStage } from "./stage.ts";
export type { ArmSolid, Primitive, SolidColor, SolidFrame } from "./solids.ts";
export type { ArmProgress, ArmStart, ArmTask, ArmView, Errand } from "./task.ts";
export { ARM_TASKS, armTask } from "./tasks/index.ts";
