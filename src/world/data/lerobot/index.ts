/** @file LeRobot datasets in and out. */

export { readLeRobot, type ReadLeRobotOptions } from "./read.ts";
export { encodeLeRobot, type EncodeOptions } from "./write.ts";
