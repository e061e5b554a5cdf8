/** @file Joint positions drawn within the limits of a chain. */

import type { Rng } from "#engine/array";
import type { SerialChain } from "./serial-chain.ts";

/** Joint positions f64[n], every one uniform within its limits; where there are none, within half a turn or a metre of 0. */
export function randomPosture(chain: SerialChain, random: Rng, out: Float64Array = new Float64Array(chain.joints.length)): Float64Array {
  chain.joints.forEach(({ kind, low, high }, i) => {
    const reach = kind === "revolute" ? Math.PI : 1;
    const from = low === -Infinity ? Math.min(-reach, high - reach) : low;
    const to = high === Infinity ? Math.max(reach, low + reach) : high;
    out[i] = from + (to - from) * random.uniform();
  });
  return out;
}
