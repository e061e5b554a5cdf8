/** @file Laws of mini-batch coupling: conditions kept, padding. */

import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { goldenVectors, normals } from "#testing";
import { coupleNoise, permuteRows } from "./minibatch-coupling.ts";

test("every action gets the noise that the golden assignment sends to it", () => {
  const golden = goldenVectors("loss_vectors/losses_flow");
  const order = coupleNoise({
    noise: Float64Array.from(golden("ot_cfm.x0")),
    actions: Float64Array.from(golden("ot_cfm.x1")),
    batch: 5,
  });
  golden("ot_cfm.assign_x0_to_x1").forEach((action, noise) => expect(order[action]).toBe(noise));
});

test("noise that is a shuffled copy of the actions is put in order", () => {
  const [batch, size] = [64, 6];
  const actions = Float32Array.from(normals(batch * size, 4));
  const shuffle = Int32Array.from({ length: batch }, (_, i) => i);
  rng(5).shuffle(shuffle);
  const noise = new Float32Array(actions.length);
  permuteRows(actions, shuffle, noise);
  const ordered = new Float32Array(actions.length);
  permuteRows(noise, coupleNoise({ noise, actions, batch }), ordered);
  expect(ordered).toEqual(actions);
});

test("what a padded step holds does not matter", () => {
  const [batch, H, A] = [8, 3, 2];
  const clean = Float64Array.from(normals(batch * H * A, 6));
  const noise = Float64Array.from(normals(batch * H * A, 7));
  const isPad = Uint8Array.from({ length: batch * H }, (_, i) => Number(i % H === H - 1));
  const dirty = clean.map((value, i) => (isPad[Math.floor(i / A)] === 1 ? NaN : value));
  const order = coupleNoise({ noise, actions: clean, batch, isPad });
  expect(coupleNoise({ noise, actions: dirty, batch, isPad })).toEqual(order);
  expect(coupleNoise({ noise, actions: clean, batch })).not.toEqual(order);
});

test.each([
  [() => coupleNoise({ noise: new Float32Array(6), actions: new Float32Array(8), batch: 2 }), "coupleNoise: 8 numbers of actions, 6 of noise"],
  [() => coupleNoise({ noise: new Float32Array(8), actions: new Float32Array(8), batch: 3 }), "for a batch of 3, expected B·H·A"],
  [() => coupleNoise({ noise: new Float32Array(8), actions: new Float32Array(8), batch: 2, isPad: new Uint8Array(6) }), "and 6 of padding"],
  [() => coupleNoise({ noise: new Float32Array(4), actions: Float32Array.of(0, 0, 0, NaN), batch: 2 }), "the cost of row 1 and column 0 is NaN"],
  [() => permuteRows(new Float32Array(5), new Int32Array(2), new Float32Array(5)), "permuteRows: 5 and 5 numbers for 2 rows"],
])("batches that do not fit are refused: %#", (run, message) => {
  expect(run).toThrow(RangeError);
  expect(run).toThrow(message);
});
