/** @file How the fork looks: the goal, the obstacle and the robot. */

import type { Scene } from "../scene.ts";
import { FORK_GOAL, FORK_OBSTACLE, type Disc } from "./geometry.ts";

export const FORK_SCENE: Scene = {
  unit: "m",
  view: { left: -0.2, right: 2.3, top: 0.85, bottom: -0.85 },
  shapes: [
    { role: "goal", ...disc(FORK_GOAL) },
    { role: "obstacle", ...disc(FORK_OBSTACLE) },
    // A point has no extent; this is large enough to be seen.
    { role: "agent", outline: { kind: "circle", radius: 0.04 }, place: { kind: "moving", x: 0, y: 1, angle: null } },
  ],
  robot: { x: 0, y: 1 },
};

function disc({ x, y, radius }: Disc) {
  return { outline: { kind: "circle", radius }, place: { kind: "fixed", x, y, angleRad: 0 } } as const;
}
