/** @file Laws of the heads of grid tokens: what they learn is what they draw, slot by slot, in parallel and in sequence. */

import { describe, expect, test } from "vitest";
import { gridCodec, type CodecSpecInput, type GridCodec } from "#action/tokens";
import { rng, tensorFrom, zeros } from "#engine/array";
import { emit, input, reshape, ShapeError, type Tensor } from "#engine/graph";
import { openSession } from "#engine/runtime/node";
import { bool, evaluate, f32, fixedParameters, i64, normals, normalValues, onlyValues } from "#testing";
import { autoregressiveHead } from "./autoregressive.ts";
import type { ActionHead, TypedHostInput } from "./head.ts";
import { tokenClassificationHead } from "./token-classification.ts";
import { decodeSlots } from "./token-slots.ts";
import { noTrunk } from "./trunk.ts";

const [B, C] = [2, 3] as const;

const planar = gridCodec({ scheme: "planar", gaussians: null, phiBins: 3, rBins: 2 });
const coarse = gridCodec({ scheme: "rt1", bounds: [[-1, 1], [-1, 1]], bins: 4 });
const spatial = gridCodec({ scheme: "spatialvla", gaussians: null });

/** The rows of the slots that an action was decoded from; cells that decode to the same are not told apart. */
function rowsOf(codec: GridCodec, action: readonly number[]): number[] {
  return codec.slots.map(({ size, dims, centers }) =>
    Array.from({ length: size }, (_, row) => row).findIndex((row) =>
      dims.every((dim, i) => Math.abs((centers[row * dims.length + i] ?? NaN) - (action[dim] ?? NaN)) < 1e-6),
    ),
  );
}

/** Ids of chunks f[chunks][H·A]. */
const idsOf = (codec: GridCodec, chunks: readonly (readonly number[])[]): number[] =>
  chunks.flatMap((chunk) =>
    Array.from({ length: chunk.length / codec.actionSize }, (_, h) => rowsOf(codec, chunk.slice(h * codec.actionSize, (h + 1) * codec.actionSize)))
      .flatMap((rows) => rows.map((row, s) => row + (codec.slots[s]?.offset ?? NaN))),
  );

type Head = ActionHead<never, "tokens"> & { readonly hostInputs: { readonly tokens: TypedHostInput<"i64"> } };
const heads = (codec: GridCodec, horizon: number, choose: "sampled" | "most-likely"): [name: string, head: Head][] => {
  const chunk = { horizon, actionSize: codec.actionSize };
  // The tests know nothing of a head's parameters but their names and shapes.
  return [
    ["in parallel", tokenClassificationHead(noTrunk(C), chunk, { codec, width: 6, choose }) as unknown as Head],
    ["in sequence", autoregressiveHead(chunk, { codec, condSize: C, width: 8, blocks: 2, choose }) as unknown as Head],
  ];
};

async function sampled(head: Head, chunks: number, cond: readonly number[]): Promise<number[][]> {
  const { horizon, actionSize } = head.chunk;
  const size = head.noiseShape.reduce((a, b) => a * b, 1);
  const draw = (c: Tensor, noise: Tensor): Tensor =>
    reshape(head.sample(fixedParameters(head.parameters, normalValues(0.4)), c, noise), [chunks, horizon * actionSize]);
  const [flat = []] = await evaluate(draw, [f32(chunks, C), f32(chunks, ...head.noiseShape)], [
    Array.from({ length: chunks }, () => cond).flat(),
    normals(chunks * size, 4),
  ]);
  return Array.from({ length: chunks }, (_, i) => flat.slice(i * horizon * actionSize, (i + 1) * horizon * actionSize));
}

/** Loss and metrics of each of these chunks, their tokens looked up. */
async function lossesOf(head: Head, codec: GridCodec, chunks: readonly (readonly number[])[], cond: readonly number[]) {
  const { horizon, actionSize } = head.chunk;
  const [shape, tokenShape] = [[1, horizon, actionSize], [1, horizon, codec.slots.length]];
  const inputs = {
    cond: input("cond", "f32", [1, C]),
    actions: input("actions", "f32", shape),
    isPad: input("isPad", "bool", [1, horizon]),
    tokens: input("tokens", "i64", tokenShape),
  };
  const { loss, metrics } = head.loss(fixedParameters(head.parameters, normalValues(0.4)), inputs.cond, inputs, inputs);
  await using session = await openSession(emit({ name: "loss", inputs, outputs: { loss, ...metrics } }).bytes, { threads: 1 });
  const given = { cond: tensorFrom("f32", [1, C], cond), isPad: zeros("bool", [1, horizon]) };
  const results: { readonly loss: number; readonly accuracy: number; readonly l1: number }[] = [];
  for (const chunk of chunks) {
    const of = await session.run({ ...given, actions: tensorFrom("f32", shape, chunk), tokens: tensorFrom("i64", tokenShape, idsOf(codec, [chunk])) });
    const value = (name: string): number => Number(of[name]?.data[0]);
    results.push({ loss: value("loss"), accuracy: value("accuracy"), l1: value("l1") });
  }
  return results;
}

describe.each(heads(planar, 2, "sampled"))("tokens %s", (_name, head) => {
  test("are drawn as often as the loss says they are likely", async () => {
    const cond = normals(C, 8);
    const draws = 6000;
    const counts = new Map<string, { chunk: number[]; count: number }>();
    for (const chunk of await sampled(head, draws, cond)) {
      const key = idsOf(planar, [chunk]).join();
      counts.set(key, { chunk, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    let total = 0;
    const met = [...counts.values()];
    const losses = await lossesOf(head, planar, met.map(({ chunk }) => chunk), cond);
    for (const [i, { count }] of met.entries()) {
      const likely = Math.exp(-2 * (losses[i]?.loss ?? NaN)); // two tokens
      total += likely;
      expect(Math.abs(count / draws - likely)).toBeLessThan(4 * Math.sqrt((likely * (1 - likely)) / draws) + 1e-3);
    }
    // All but the rarest of the 36 sequences were met, so their probabilities sum to nearly 1 and not to more.
    expect(total).toBeGreaterThan(0.97);
    expect(total).toBeLessThan(1 + 1e-4);
  }, 60_000);
});

describe.each([...heads(planar, 3, "most-likely"), ...heads(spatial, 2, "most-likely")])("the most likely tokens %s", (_name, head) => {
  const codec = head.chunk.actionSize === 7 ? spatial : planar;
  test("are those that the largest logits of learning point to, one by one", async () => {
    const cond = normals(C, 8);
    const [first = [], second] = await sampled(head, 2, cond);
    expect(second).toEqual(first);
    const [losses] = await lossesOf(head, codec, [first], cond);
    expect(losses?.accuracy).toBe(1);
    expect(losses?.l1).toBeLessThan(1e-6);
    expect(head.noiseShape).toEqual([0]);
  });
});

describe.each([...heads(spatial, 2, "sampled"), ...heads(coarse, 4, "sampled")])("whatever is drawn %s", (_name, head) => {
  test("is made of centers of the codec", async () => {
    const codec = head.chunk.actionSize === 7 ? spatial : coarse;
    const ids = idsOf(codec, await sampled(head, 20, normals(C, 9)));
    expect(ids.every((id) => Number.isInteger(id) && id >= 0)).toBe(true);
    expect(new Set(ids).size).toBeGreaterThan(3);
  });
});

test("in parallel, the loss by hand: a softmax per slot, its mean over the tokens of valid steps", async () => {
  const codec = coarse;
  const head = tokenClassificationHead(noTrunk(C), { horizon: 2, actionSize: 2 }, { codec, width: 2 });
  const logits = [0.5, -1, 2, 0, 1, 1, -2, 0.3];
  const at = onlyValues({ "output.bias": logits });
  const tokens = [0, 1, 2, 3, 3, 2, 1, 0];
  const isPad = [0, 1, 0, 0];
  const given = (c: Tensor, actions: Tensor, p: Tensor, t: Tensor): Tensor[] => {
    const { loss, metrics } = head.loss(fixedParameters(head.parameters, at), c, { actions, isPad: p }, { tokens: t });
    return [loss, metrics["accuracy"] ?? loss];
  };
  const specs = [f32(B, C), f32(B, 2, 2), bool(B, 2), i64(B, 2, 2)];
  const [[loss = NaN] = [], [accuracy = NaN] = []] = await evaluate(given, specs, [normals(B * C, 1), normals(8, 2), isPad, tokens]);
  let [expected, right] = [0, 0];
  tokens.forEach((token, i) => {
    if (isPad[i >> 1] === 1) return;
    const slot = logits.slice((i % 2) * 4, (i % 2) * 4 + 4);
    expected -= ((slot[token] ?? NaN) - Math.log(slot.reduce((sum, value) => sum + Math.exp(value), 0))) / 6;
    if (slot.indexOf(Math.max(...slot)) === token) right += 1 / 6;
  });
  expect(loss).toBeCloseTo(expected, 5);
  expect(accuracy).toBeCloseTo(right, 6);
});

test("tokens of a step are decoded to the dimensions their slots speak of, in whatever order", async () => {
  const slots = [
    { offset: 0, size: 2, dims: [2], centers: Float64Array.of(10, 20) },
    { offset: 2, size: 3, dims: [1, 0], centers: Float64Array.of(1, 2, 3, 4, 5, 6) },
  ];
  const [decoded] = await evaluate((a, b) => decodeSlots(slots, [a, b]), [i64(1, 2), i64(1, 2)], [[1, 0], [2, 0]]);
  expect(decoded).toEqual([6, 5, 20, 2, 1, 10]);
});

test("targets are what the codec makes of every step, values outside clamped", () => {
  for (const [, { hostInputs: { tokens } }] of heads(coarse, 2, "sampled")) {
    expect(tokens.shape(B)).toEqual([B, 2, 2]);
    const out = new BigInt64Array(B * 4);
    tokens.write(out, rng(0), { actions: Float32Array.of(-1, 1, 0, 0, 9, -9, 0.4, 1), isPad: new Uint8Array(4) });
    expect([...out].map(Number)).toEqual([0, 3, 1, 1, 3, 0, 2, 3]);
  }
});

describe("what does not fit is named while the graph is built", () => {
  const wide: CodecSpecInput = { scheme: "openvla", actionSize: 7 };
  test("a codec for other actions", () => {
    const chunk = { horizon: 2, actionSize: 2 };
    const message = 'the codec "openvla" is for actions of 7 dimensions, expected 2';
    expect(() => tokenClassificationHead(noTrunk(C), chunk, { codec: gridCodec(wide) })).toThrow(new RangeError(`tokenClassificationHead: ${message}`));
    expect(() => autoregressiveHead(chunk, { codec: gridCodec(wide), condSize: C })).toThrow(new RangeError(`autoregressiveHead: ${message}`));
  });

  test.each([
    ["actions", [B, 3, 2], [B, 2], [B, 2, 2], "actions is f32[2, 3, 2], expected [2, 2, 2]"],
    ["padding", [B, 2, 2], [B, 3], [B, 2, 2], "isPad is bool[2, 3], expected [2, 2]"],
    ["tokens", [B, 2, 2], [B, 2], [B, 2, 1], "tokens is i64[2, 2, 1], expected [2, 2, 2]"],
  ])("%s of another shape", (_what, actions, isPad, tokens, message) => {
    const head = tokenClassificationHead(noTrunk(C), { horizon: 2, actionSize: 2 }, { codec: coarse, width: 2 });
    const params = fixedParameters(head.parameters, normalValues());
    const targets = { actions: input("a", "f32", actions), isPad: input("p", "bool", isPad) };
    const run = () => head.loss(params, input("c", "f32", [B, C]), targets, { tokens: input("t", "i64", tokens) });
    expect(run).toThrow(new ShapeError(`tokenClassificationHead: ${message}`));
  });
});
