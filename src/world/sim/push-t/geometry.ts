/** @file The shapes and constants of Push-T. Lengths in px, y points down the screen, angles in rad. */

/** An axis-aligned rectangle in the block's frame, px. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Pose of a block: its frame's origin (middle of the bar's outer edge), px, and its angle, rad. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly angleRad: number;
}

/** Side of the square world, px. */
export const WORLD_SIZE = 512;
export const BAR: Box = { left: -60, top: 0, right: 60, bottom: 30 };
export const STEM: Box = { left: -15, top: 30, right: 15, bottom: 120 };
/** The T is two boxes that touch and do not overlap. */
export const BOXES: readonly Box[] = [BAR, STEM];
/** Area of the T, px². */
export const T_AREA = 120 * 30 + 30 * 90;
/** Height of the centre of mass on the block's axis, px: the mean of the two box centres, not weighted by area. */
export const CENTER_OF_MASS_Y = 45;
/** Distance from the centre of mass to the farthest corners, those at the stem's end, px. */
export const BLOCK_REACH = Math.hypot(15, 75);
export const BLOCK_MASS = 1;
/** The original adds the bar's moment twice instead of bar and stem; recorded episodes depend on that. */
export const BLOCK_MOMENT = 3000;
export const AGENT_RADIUS = 15;
/** Inner faces of the walls, px: lines at 5 and 506, 2 px thick on each side. */
export const WALL_LOW = 7;
export const WALL_HIGH = 504;
export const GOAL: Pose = { x: 256, y: 256, angleRad: Math.PI / 4 };

/**
 * The corners of the T in its own frame, f64[8, 2] flat, px: the bar's four, then the stem's, each clockwise on
 * screen from the top left. The order is that of `environment_state` in gym-pusht.
 */
export const CORNERS: readonly number[] = BOXES.flatMap(({ left, top, right, bottom }) => [
  left, top, right, top, right, bottom, left, bottom,
]);
