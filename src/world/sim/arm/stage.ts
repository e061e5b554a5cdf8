/** @file What the arm's cameras look at: its solids with their colours, over a checkered floor. */

import { boxShape, capsuleShape, cylinderShape, planeShape, sphereShape, type Shape, type Solid, type Stage } from "../camera/index.ts";
import type { ArmSolid, Primitive } from "./solids.ts";

/** Height of the floor below the table's top, m. */
export const FLOOR_Z = -0.4;
/** From the side of the fixed camera, so that what it sees is lit, and steep, so that shadows lie near what throws them. */
const LIGHT = [0.35, -0.55, 1.6] as const;
/** It ends, so that a camera that looks to the horizon sees nothing there rather than a floor beyond its range. */
const FLOOR: Solid = {
  name: "floor",
  shape: planeShape(3, 3),
  color: [0.74, 0.76, 0.79],
  checker: { color: [0.64, 0.67, 0.71], size: 0.25 },
};

/** The stage of some solids, in their order, and the floor after them. */
export function armStage(solids: readonly ArmSolid[]): Stage {
  return {
    solids: [...solids.map(({ name, shape, color }): Solid => ({ name, shape: shapeOf(shape), color })), FLOOR],
    towardsLight: LIGHT,
    bounds: { min: [-1.5, -1.5, FLOOR_Z], max: [2, 1.5, 2] },
  };
}

function shapeOf(shape: Primitive): Shape {
  switch (shape.kind) {
    case "box":
      return boxShape(...shape.halfExtents);
    case "sphere":
      return sphereShape(shape.radius);
    case "capsule":
      return capsuleShape(shape.radius, shape.halfLength);
    case "cylinder":
      return cylinderShape(shape.radius, shape.halfLength);
  }
}
