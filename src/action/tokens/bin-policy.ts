/** @file Reads the bins of a published SpatialVLA model: the `bin_policy` of its processor configuration. */

import { z } from "zod";
import type { SpatialSpec } from "./spatial-grid.ts";

const edges = z.array(z.number());

const policySchema = z.object({
  translation: z.object({ theta_bins: edges, phi_bins: edges, r_bins: edges }),
  rotation: z.object({ roll_bins: edges, pitch_bins: edges, yaw_bins: edges }),
});

/**
 * The spec with the edges of a `bin_policy`: what was released is to be loaded, never computed anew, because the released Gaussians
 * are not those of the released pre-trained model.
 *
 * @param value `processor_config.json` as parsed, or its `bin_policy` alone
 * @returns `undefined` when the value is neither
 */
export function specFromBinPolicy(value: unknown): Pick<SpatialSpec, "scheme" | "gaussians"> & Required<Pick<SpatialSpec, "edges">> | undefined {
  const inner: unknown = typeof value === "object" && value !== null && "bin_policy" in value ? value.bin_policy : value;
  const result = policySchema.safeParse(inner);
  if (!result.success) return undefined;
  const { translation, rotation } = result.data;
  return {
    scheme: "spatialvla",
    gaussians: null,
    edges: {
      theta: translation.theta_bins,
      phi: translation.phi_bins,
      r: translation.r_bins,
      roll: rotation.roll_bins,
      pitch: rotation.pitch_bins,
      yaw: rotation.yaw_bins,
    },
  };
}
