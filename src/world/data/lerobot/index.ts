/** @file LeRobot datasets in and out. */

export { readLeRobot, type ReadLeRobotOptions } from "./read.ts";
export { encodeLeRobot } from "./write.ts";
