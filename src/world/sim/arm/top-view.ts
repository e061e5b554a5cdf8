/** @file The arm's world from above, for reports. */

import type { Outline, Scene, SceneRole, SceneShape } from "../scene.ts";
import { sliceOf, type ArmLayout } from "./layout.ts";
import type { ArmSolid } from "./solids.ts";
import type { ArmTask } from "./task.ts";

/**
 * Scenes are drawn with x to the right; so the robot reaches to the right, and its left is up. Cubes are drawn unturned: a state has
 * quaternions, and scenes turn by an angle.
 */
export function topView(task: ArmTask, layout: ArmLayout): Scene {
  const tool = sliceOf(layout, "toolPosition").offset;
  const drawn = [...task.solids].sort((a, b) => rank(a) - rank(b));
  return {
    unit: "m",
    view: { left: 0.2, right: 0.8, top: 0.4, bottom: -0.4 },
    shapes: [
      ...drawn.map((solid): SceneShape => ({ role: roleOf(solid, task), ...colorOf(solid), outline: outlineOf(solid), place: placeOf(solid, layout) })),
      { role: "agent", outline: { kind: "circle", radius: 0.012 }, place: { kind: "moving", x: tool, y: tool + 1, angle: null } },
    ],
    robot: { x: tool, y: tool + 1 },
  };
}

/** Marks lie under what stands on them. */
function rank({ frame }: ArmSolid): number {
  return frame.kind === "goal" ? 0 : frame.kind === "world" ? 1 : 2;
}

/** What must not be pressed is an obstacle; what stands there otherwise is where things go. */
function roleOf({ name, frame }: ArmSolid, { pressed }: ArmTask): SceneRole {
  if (frame.kind === "object") return "block";
  return pressed.includes(name) ? "obstacle" : "goal";
}

/** Instructions call objects by their colours; what stands still is known by its role. */
function colorOf({ frame, color }: ArmSolid): Pick<SceneShape, "color"> {
  return frame.kind === "object" ? { color: `rgb(${color.map((share) => Math.round(255 * share)).join(" ")})` } : {};
}

function outlineOf({ shape }: ArmSolid): Outline {
  if (shape.kind !== "box") return { kind: "circle", radius: shape.radius };
  const [x, y] = shape.halfExtents;
  return { kind: "polygon", corners: [[-x, -y], [x, -y], [x, y], [-x, y]] };
}

function placeOf({ frame, pose }: ArmSolid, layout: ArmLayout): SceneShape["place"] {
  if (frame.kind === "object") {
    const { offset } = sliceOf(layout, `${frame.name}Position`);
    return { kind: "moving", x: offset, y: offset + 1, angle: null };
  }
  if (frame.kind === "goal") {
    const { offset } = sliceOf(layout, "goal");
    return { kind: "moving", x: offset + (frame.entries[0] ?? 0), y: offset + (frame.entries[1] ?? 0), angle: null };
  }
  return { kind: "fixed", x: pose.position[0] ?? NaN, y: pose.position[1] ?? NaN, angleRad: 0 };
}
