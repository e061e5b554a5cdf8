/** @file Mirror images of recorded rows. */

import type { Task } from "./task.ts";

interface Rows {
  readonly states: Float32Array;
  readonly actions: Float32Array;
}

/** The mirror images of states f32[T * S] and actions f32[T * A]. */
export function mirrorRows(task: Task, mirror: NonNullable<Task["mirror"]>, { states, actions }: Rows): Rows {
  const { stateSize } = task.facts;
  return {
    states: mapRows(states, stateSize, (row, out) => mirror.state(row, out)),
    actions: mapRows(actions, task.actionSize, (row, out) => mirror.action(row, out)),
  };
}

function mapRows(rows: Float32Array, size: number, map: (row: Float32Array, out: Float64Array) => void): Float32Array {
  const mapped = new Float32Array(rows.length);
  const out = new Float64Array(size);
  for (let at = 0; at < rows.length; at += size) {
    map(rows.subarray(at, at + size), out);
    mapped.set(out, at);
  }
  return mapped;
}
