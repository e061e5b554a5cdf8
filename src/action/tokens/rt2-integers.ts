/** @file RT-2's tokenizer: an action as eight integers, the first of which ends the episode. */

import { z } from "zod";
import type { GridCodec, TokenSlot } from "./codec.ts";
import { gridCodecOf } from "./grid-codec.ts";
import { rt1Bins } from "./rt1-bins.ts";
import { boundsOf, boundsSchema, defineScheme } from "./scheme.ts";

/** terminate, Δx, Δy, Δz, Δ rotation x, y, z, gripper. */
const NUMBERS = 8;

const unitBounds = (): [number, number][] => Array.from({ length: NUMBERS - 1 }, () => [-1, 1]);

const schema = z.strictObject({
  scheme: z.literal("rt2"),
  /** [low, high] of the seven numbers after terminate. */
  bounds: z.array(boundsSchema).length(NUMBERS - 1).default(unitBounds),
  bins: z.int().min(2).default(256),
});

/**
 * The string "terminate Δx Δy Δz Δrx Δry Δrz gripper" of RT-2 as ids: `ids.join(" ")` is the text the language model writes.
 *
 * Whether to stop is part of the action here: dimension 0 of an 8-D action, stop where it is at least ½; its token is 0 (go on) or 1
 * (stop), the other tokens are 0 … 255. So the codec loses nothing and stays a pure map; who has 7-D actions puts a 0 in front.
 * The numbers are binned as in RT-1, on which the paper says to build. There are no absolute ids: the models and their vocabularies
 * were not released.
 *
 * Source: Brohan et al. 2023, arXiv:2307.15818, section 3.2.
 */
function rt2Codec({ bounds, bins }: z.output<typeof schema>): GridCodec {
  const numbers = bounds.map(([low, high]) => rt1Bins(low, high, bins));
  const slots: TokenSlot[] = numbers.map(({ centers }, i) => ({ offset: 0, size: bins, dims: [i + 1], centers }));
  return gridCodecOf({
    scheme: "rt2",
    actionSize: NUMBERS,
    slots: [{ offset: 0, size: 2, dims: [0], centers: Float64Array.of(0, 1) }, ...slots],
    encode(action, ids) {
      const terminate = action[0] ?? 0;
      ids[0] = terminate >= 0.5 ? 1 : 0;
      let clamped = terminate < 0 || terminate > 1 ? 1 : 0;
      numbers.forEach(({ low, high, indexOf }, i) => {
        const value = action[i + 1] ?? 0;
        if (value < low || value > high) clamped++;
        ids[i + 1] = indexOf(value);
      });
      return clamped;
    },
  });
}

export const rt2Scheme = defineScheme({
  name: "rt2",
  schema,
  codec: rt2Codec,
  fit(rows) {
    if (rows.actionSize !== NUMBERS) {
      throw new RangeError(`rt2: actions have ${rows.actionSize} dimensions, expected 8: terminate, three of position, three of rotation, gripper`);
    }
    return { bounds: boundsOf(rows).slice(1) };
  },
});
