/** @file The expert of reach: straight to the ball. */

import type { ArmExpert } from "../expert.ts";

export const reachExpert: ArmExpert = {
  phases: () => [
    {
      to(view) {
        const [x = NaN, y = NaN, z = NaN] = view.read("goal");
        return { position: [x, y, z], yaw: 0, gripper: -1 };
      },
    },
  ],
};
