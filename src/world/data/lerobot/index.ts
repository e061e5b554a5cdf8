/** @file LeRobot datasets in and out. */

export { readLeRobot, type ReadLeRobotOptions } from "./read.ts";
export { cameraEncoder, type CameraEncoder, type EncodedCamera, type EncodedImages } from "./images.ts";
export { leRobotCameras, type LeRobotCamera } from "./cameras.ts";
export { encodeLeRobot, leRobotFiles, type EncodeOptions } from "./write.ts";
