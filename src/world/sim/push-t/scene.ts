/** @file How Push-T looks: the goal, the T and the agent. */

import type { Outline, Scene } from "../scene.ts";
import { AGENT_RADIUS, BAR, GOAL, STEM, WORLD_SIZE } from "./geometry.ts";

/** The outline of bar and stem together, clockwise on screen from the top left. */
const T_OUTLINE: Outline = {
  kind: "polygon",
  corners: [
    [BAR.left, BAR.top],
    [BAR.right, BAR.top],
    [BAR.right, BAR.bottom],
    [STEM.right, STEM.top],
    [STEM.right, STEM.bottom],
    [STEM.left, STEM.bottom],
    [STEM.left, STEM.top],
    [BAR.left, BAR.bottom],
  ],
};

export const PUSH_T_SCENE: Scene = {
  unit: "px",
  view: { left: 0, right: WORLD_SIZE, top: 0, bottom: WORLD_SIZE },
  shapes: [
    { role: "goal", outline: T_OUTLINE, place: { kind: "fixed", ...GOAL } },
    { role: "block", outline: T_OUTLINE, place: { kind: "moving", x: 2, y: 3, angle: 4 } },
    { role: "agent", outline: { kind: "circle", radius: AGENT_RADIUS }, place: { kind: "moving", x: 0, y: 1, angle: null } },
  ],
  robot: { x: 0, y: 1 },
};
