/** @file Which windows each training step sees: a pure function of seed and step. */

import { rng } from "#engine/array";

/**
 * The order of all windows in one epoch.
 *
 * @returns i32[windows] a permutation of 0…windows - 1
 */
export function epochOrder(seed: number, epoch: number, windows: number): Int32Array {
  if (!Number.isInteger(windows) || windows < 1) {
    throw new RangeError(`epochOrder: windows is ${windows}, expected an integer ≥ 1`);
  }
  const order = new Int32Array(windows);
  for (let i = 0; i < windows; i++) order[i] = i;
  rng(seed, "epoch", epoch).shuffle(order);
  return order;
}

/**
 * The windows of one training step.
 *
 * Steps walk through each epoch's order without repetition and go on into the next epoch when one ends, so that a
 * resumed run needs no saved state.
 *
 * @param step from 0
 * @param batch B windows per step
 * @returns i32[B]
 */
export function batchIndices(seed: number, step: number, batch: number, windows: number): Int32Array {
  if (!Number.isInteger(step) || step < 0 || !Number.isInteger(batch) || batch < 1) {
    throw new RangeError(`batchIndices: step is ${step}, batch is ${batch}, expected integers ≥ 0 and ≥ 1`);
  }
  const indices = new Int32Array(batch);
  for (let b = 0; b < batch; b++) {
    const position = step * batch + b;
    const order = rememberedOrder(seed, Math.floor(position / windows), windows);
    indices[b] = order[position % windows] ?? 0;
  }
  return indices;
}

/** The last orders asked for: a batch may span two epochs, and of a mixture every source has its own. Never changes a result. */
const MOST_REMEMBERED = 16;
const remembered: { seed: number; epoch: number; windows: number; order: Int32Array }[] = [];

function rememberedOrder(seed: number, epoch: number, windows: number): Int32Array {
  const found = remembered.find((entry) => entry.seed === seed && entry.epoch === epoch && entry.windows === windows);
  if (found !== undefined) return found.order;
  const order = epochOrder(seed, epoch, windows);
  remembered.push({ seed, epoch, windows, order });
  if (remembered.length > MOST_REMEMBERED) remembered.shift();
  return order;
}
