/** @file What stands on the table: cubes, a post, bins, marks of a goal; and the table. */

import { UPRIGHT, type ArmSolid, type SolidColor, type SolidFrame } from "./solids.ts";

/** Half the edge of a cube, m. */
export const CUBE_HALF = 0.02;
export const CUBE_MASS_KG = 0.05;
export const CUBE_COLORS = { red: [0.86, 0.2, 0.18], green: [0.2, 0.62, 0.3], blue: [0.17, 0.38, 0.8] } as const satisfies Readonly<Record<string, SolidColor>>;
export type CubeColor = keyof typeof CUBE_COLORS;
/** In the order in which goals and points count them. */
export const COLORS: readonly CubeColor[] = ["red", "green", "blue"];

const WOOD: SolidColor = [0.78, 0.7, 0.58];
const STANDING = { color: [0.35, 0.37, 0.42], isTouchable: true } as const;
const GOLD: SolidColor = [0.95, 0.75, 0.2];

/**
 * The table, its top at z = 0. To touch, it has no edge: MJCF has an endless plane there, which costs less than a box; what is seen is a
 * slab of 0.9 × 1.2 m.
 */
export function table(): ArmSolid {
  return fixed("table", { kind: "box", halfExtents: [0.45, 0.6, 0.02] }, [0.4, 0, -0.02], { color: WOOD, isTouchable: false });
}

/** A free cube that goes by its colour. */
export function cube(color: CubeColor): ArmSolid {
  return {
    name: color,
    shape: { kind: "box", halfExtents: [CUBE_HALF, CUBE_HALF, CUBE_HALF] },
    color: CUBE_COLORS[color],
    frame: { kind: "object", name: color },
    pose: { position: [0, 0, 0], quat: UPRIGHT },
    massKg: CUBE_MASS_KG,
    isTouchable: true,
  };
}

/** An upright round post that stands at a place of the table for good. */
export function post(name: string, x: number, y: number, size: { readonly radius: number; readonly height: number }): ArmSolid {
  return fixed(name, { kind: "cylinder", radius: size.radius, halfLength: size.height / 2 }, [x, y, size.height / 2], STANDING);
}

/** Inner half width, height and thickness of a bin's walls, m. */
export const BIN = { half: 0.07, height: 0.05, thickness: 0.006 } as const;

/** An open bin about a place of the table: four walls, the table its floor. */
export function bin(name: string, x: number, y: number): readonly ArmSolid[] {
  const { half, height, thickness } = BIN;
  const t = thickness / 2;
  const wall = (side: string, dx: number, dy: number): ArmSolid => {
    const halfExtents = dx === 0 ? ([half + thickness, t, height / 2] as const) : ([t, half, height / 2] as const);
    return fixed(`${name}_${side}`, { kind: "box", halfExtents }, [x + dx, y + dy, height / 2], STANDING);
  };
  return [wall("front", half + t, 0), wall("back", -half - t, 0), wall("left", 0, half + t), wall("right", 0, -half - t)];
}

/** A flat mark on the table at x, y of the goal. */
export function goalMark(entries: readonly [x: number, y: number], radius: number): ArmSolid {
  return seen("goal", { kind: "cylinder", radius, halfLength: 0.0005 }, { kind: "goal", entries }, 0.0005);
}

/** A ball in the air at x, y, z of the goal. */
export function goalBall(entries: readonly [x: number, y: number, z: number], radius: number): ArmSolid {
  return seen("goal", { kind: "sphere", radius }, { kind: "goal", entries }, 0);
}

function seen(name: string, shape: ArmSolid["shape"], frame: SolidFrame, z: number): ArmSolid {
  return { name, shape, color: GOLD, frame, pose: { position: [0, 0, z], quat: UPRIGHT }, massKg: 0, isTouchable: false };
}

function fixed(name: string, shape: ArmSolid["shape"], position: readonly number[], rest: Pick<ArmSolid, "color" | "isTouchable">): ArmSolid {
  return { name, shape, frame: { kind: "world" }, pose: { position, quat: UPRIGHT }, massKg: 0, ...rest };
}
