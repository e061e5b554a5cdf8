/** @file Mini-batch optimal-transport coupling: which noise of a batch goes with which action chunk. Host side. */

import { minimumCostAssignment } from "./minimum-cost-assignment.ts";

type Numbers = Float32Array | Float64Array;

export interface CouplingBatch {
  /** f32[B · H · A] rows of noise. */
  readonly noise: Numbers;
  /** f32[B · H · A] rows of normalized action chunks. */
  readonly actions: Numbers;
  /** B */
  readonly batch: number;
  /** 1 where a step is padding, [B · H]; padded steps cost nothing. Default: none is. */
  readonly isPad?: Uint8Array;
}

/**
 * Re-pair the noise of a batch with its action chunks, so that the sum of squared distances is the smallest there is. Straight paths
 * between such pairs cross less, so fewer integration steps may do.
 *
 * It is the noise that moves: every action keeps its observation. Use independent noise unless you have measured that this helps. The
 * assignment does not look at the observation, so given one observation the noise of training is no longer N(0, I), while sampling
 * starts from N(0, I): a conditional policy is then asked about noise that it has rarely seen with that observation. The effect grows
 * with the batch and with how strongly observations determine actions.
 *
 * @returns for every action row the noise row that goes with it: a permutation of 0 … B - 1. Takes about B³ operations: 256 rows take
 *   some 30 ms, 1024 half a second
 * @throws RangeError when sizes do not go together, or a distance is not finite
 *
 * Source: Tong et al. 2023, arXiv:2302.00482, section 3.2; Pooladian et al. 2023, arXiv:2304.14772. Deviation: they draw pairs from the
 * optimal plan with replacement (atong01/conditional-flow-matching at cacd4dc, `OTPlanSampler`); with equal weights an optimal plan is a
 * permutation, and taking it whole uses every action of the batch once.
 */
export function coupleNoise(batch: CouplingBatch): Int32Array {
  return minimumCostAssignment(squaredDistances(batch), batch.batch);
}

/** Rows of `rows` in the order of `permutation`; `B` rows of equal length. */
export function permuteRows(rows: Numbers, permutation: Int32Array, out: Numbers): void {
  const size = rows.length / permutation.length;
  if (!Number.isInteger(size) || out.length !== rows.length) {
    throw new RangeError(`permuteRows: ${rows.length} and ${out.length} numbers for ${permutation.length} rows, expected equal rows in both`);
  }
  permutation.forEach((from, to) => out.set(rows.subarray(from * size, (from + 1) * size), to * size));
}

/** ‖a_i - ε_j‖² over the valid steps of a_i, f64[B · B], row i for action i. */
function squaredDistances({ noise, actions, batch, isPad }: CouplingBatch): Float64Array {
  const size = actions.length / batch;
  const horizon = (isPad?.length ?? batch) / batch;
  if (!(Number.isInteger(size) && Number.isInteger(horizon) && size % horizon === 0 && noise.length === actions.length)) {
    throw new RangeError(
      `coupleNoise: ${actions.length} numbers of actions, ${noise.length} of noise and ${isPad?.length ?? "no"} of padding ` +
        `for a batch of ${batch}, expected B·H·A, B·H·A and B·H`,
    );
  }
  const width = size / horizon;
  const costs = new Float64Array(batch * batch);
  for (let i = 0; i < batch; i++) {
    for (let j = 0; j < batch; j++) {
      let cost = 0;
      for (let k = 0; k < size; k++) {
        if (isPad?.[i * horizon + Math.floor(k / width)] === 1) continue;
        cost += ((actions[i * size + k] ?? NaN) - (noise[j * size + k] ?? NaN)) ** 2;
      }
      costs[i * batch + j] = cost;
    }
  }
  return costs;
}
