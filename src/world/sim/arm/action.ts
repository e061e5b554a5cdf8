/** @file What the numbers of an action mean. */

/** Tool position 3 (m), first two rows of its rotation matrix 6, gripper 1 (-1 open, 1 closed). */
export const ARM_ACTION_NAMES: readonly string[] = ["x", "y", "z", "r1x", "r1y", "r1z", "r2x", "r2y", "r2z", "gripper"];
export const ARM_ACTION_SIZE = ARM_ACTION_NAMES.length;
/** Entries that lie in [-1, 1] as they are: the rotation and the gripper. */
export const ARM_ACTION_AS_IS: readonly number[] = [3, 4, 5, 6, 7, 8, 9];
