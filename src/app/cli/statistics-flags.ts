/** @file Flags that say whose statistics scale a checkpoint's states and actions. */

import { z } from "zod";

const size = z.number().int().positive().optional();

export const statisticsFlags = {
  asset: z.string().min(1).optional().describe("which of openpi's assets/NAME/norm_stats.json, . for assets/norm_stats.json; needed where there are several"),
  stateSize: size.describe("numbers of the robot's state, where openpi's statistics have more").meta({ note: "default as many as they have" }),
  actionSize: size.describe("numbers of the robot's action, likewise").meta({ note: "default as many as they have" }),
};
