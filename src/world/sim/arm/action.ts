/** @file What the numbers of an action mean. */

/** Tool position 3 (m), first two rows of its rotation matrix 6, gripper 1 (-1 open, 1 closed). */
export const ARM_ACTION_NAMES: readonly string[] = ["x", "y", "z", "r1x", "r1y", "r1z", "r2x", "r2y", "r2z", "gripper"];
export const ARM_ACTION_SIZE = ARM_ACTION_NAMES.length;
/**
 * Ranges that mean something, which normalizers do not stretch further: of places, m; of entries of a rotation matrix; of the gripper. A tool that always points
 * down in demonstrations varies by 0.001, and a policy's by a hundred times as much.
 */
export const LEAST_RANGE = { place: 0.2, rotation: 1, gripper: 2, opening: 0.08 } as const;

/** f[9] of a position and the rotation behind it. */
export const POSE_LEAST_RANGE: readonly number[] = [...Array<number>(3).fill(LEAST_RANGE.place), ...Array<number>(6).fill(LEAST_RANGE.rotation)];

export const ARM_ACTION_LEAST_RANGE: readonly number[] = [...POSE_LEAST_RANGE, LEAST_RANGE.gripper];
