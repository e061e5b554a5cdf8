/** @file A scene for cameras: an arm of nine capsules over a table with cubes, a post and two bins. */

import {
  boxShape, capsuleShape, cylinderShape, lookAt, mountedPose, placeSolid, planeShape, rigidPose, solidPoses, sphereShape,
  type Color, type RigidPose, type Shape, type Solid, type SolidPoses, type Stage,
} from "#world/sim";

const WOOD: Color = [0.80, 0.70, 0.58];
const WHITE: Color = [0.93, 0.93, 0.95];
const ORANGE: Color = [0.86, 0.42, 0.16];
const DARK: Color = [0.25, 0.27, 0.31];

/** A joint of the arm, m, in the plane y = 0 before the arm turns. */
type Joint = readonly [x: number, y: number, z: number];

const JOINTS: readonly Joint[] = [
  [0, 0, 0.02], [0, 0, 0.18], [0, 0, 0.36], [0.06, 0, 0.48], [0.16, 0, 0.6],
  [0.28, 0, 0.62], [0.4, 0, 0.58], [0.48, 0, 0.48], [0.5, 0, 0.36], [0.5, 0, 0.28],
];

interface Placed {
  readonly solid: Solid;
  readonly position: ArrayLike<number>;
  readonly quat?: ArrayLike<number>;
}

export interface CameraScene {
  readonly stage: Stage;
  readonly poses: SolidPoses;
  /** World ← camera of a view from the front. */
  readonly front: RigidPose;
  /** World ← camera of a view from the hand down on the table. */
  readonly wrist: RigidPose;
}

/** The scene with its arm turned about the vertical by `turnRad`; 26 solids. */
export function cameraScene(turnRad: number = 0): CameraScene {
  const placed = [...furniture(), ...arm(turnRad), ...objects()];
  const poses = solidPoses(placed.length);
  placed.forEach(({ position, quat = [1, 0, 0, 0] }, i) => placeSolid(poses, i, position, quat));
  const hand = rigidPose(turned([0.5, 0, 0.28], turnRad), aboutZ(turnRad));
  const stage = { solids: placed.map(({ solid }) => solid), bounds: { min: [-2, -2, -0.4], max: [3, 2, 3] } } as const;
  return { stage, poses, front: lookAt([1.55, -0.75, 1.0], [0.33, 0.02, 0.2]), wrist: mountedPose(hand, lookAt([0.14, 0, -0.01], [0.02, 0, -0.27])) };
}

const solid = (name: string, shape: Shape, color: Color): Solid => ({ name, shape, color });
const aboutZ = (angle: number): number[] => [Math.cos(angle / 2), 0, 0, Math.sin(angle / 2)];

function turned([x, y, z]: Joint, angle: number): Joint {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x * cos - y * sin, x * sin + y * cos, z];
}

function furniture(): Placed[] {
  const leg = (x: number, y: number): Placed => ({ solid: solid("leg", cylinderShape(0.025, 0.17), DARK), position: [x, y, -0.23] });
  return [
    { solid: { ...solid("floor", planeShape(), [0.74, 0.76, 0.79]), checker: { color: [0.66, 0.68, 0.72], size: 0.4 } }, position: [0, 0, -0.4] },
    { solid: solid("table", boxShape(0.5, 0.5, 0.03), WOOD), position: [0.35, 0, -0.03] },
    leg(-0.1, 0.45), leg(0.8, 0.45), leg(-0.1, -0.45), leg(0.8, -0.45),
  ];
}

function arm(turnRad: number): Placed[] {
  const links = JOINTS.slice(1).map((end, i): Placed => {
    const [a, b] = [turned(JOINTS[i] ?? end, turnRad), turned(end, turnRad)];
    const along = b.map((value, axis) => value - (a[axis] ?? 0));
    const length = Math.sqrt(along.reduce((sum, value) => sum + value * value, 0));
    const shape = capsuleShape(0.055 - 0.003 * i, length / 2);
    return { solid: solid(`link ${i}`, shape, i % 2 === 0 ? WHITE : ORANGE), position: middle(a, b), quat: fromZ(along, length) };
  });
  const finger = (side: number): Placed => ({
    solid: solid("finger", boxShape(0.012, 0.008, 0.035), DARK), position: turned([0.5, 0.035 * side, 0.185], turnRad), quat: aboutZ(turnRad),
  });
  const palm = { solid: solid("palm", boxShape(0.03, 0.06, 0.015), DARK), position: turned([0.5, 0, 0.23], turnRad), quat: aboutZ(turnRad) };
  return [...links, palm, finger(-1), finger(1)];
}

function objects(): Placed[] {
  const cube = (color: Color, x: number, y: number, angle: number): Placed => {
    return { solid: solid("cube", boxShape(0.025, 0.025, 0.025), color), position: [x, y, 0.025], quat: aboutZ(angle) };
  };
  const bin = (color: Color, y: number): Placed => ({ solid: solid("bin", boxShape(0.08, 0.08, 0.03), color), position: [0.7, y, 0.03] });
  return [
    cube([0.83, 0.18, 0.16], 0.5, 0.005, 0.3), cube([0.16, 0.45, 0.84], 0.42, -0.22, 0.8), cube([0.22, 0.66, 0.32], 0.56, -0.12, 0),
    { solid: solid("post", cylinderShape(0.02, 0.1), [0.95, 0.78, 0.2]), position: [0.45, 0.2, 0.1] },
    { solid: solid("ball", sphereShape(0.03), [0.62, 0.3, 0.66]), position: [0.3, -0.3, 0.03] },
    bin([0.55, 0.62, 0.7], 0.32), bin([0.7, 0.58, 0.55], -0.34),
  ];
}

const middle = (a: Joint, b: Joint): number[] => a.map((value, axis) => (value + (b[axis] ?? 0)) / 2);

/** The quaternion that turns z onto a direction; for directions not straight down. */
function fromZ(direction: readonly number[], length: number): number[] {
  const [x = 0, y = 0, z = 0] = direction;
  return z < -0.999999 * length ? [0, 1, 0, 0] : [length + z, -y, x, 0];
}
