/** @file Tests of sessions in Node: run and bind, in-place outputs, named errors, closing, flat memory. */

import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostTensor, tensorFrom, toNumbers, view, zeros, type HostTensor } from "#engine/array";
import { broadcastTo, cast, emit, equal, input, mul, not, type Program } from "#engine/graph";
import { batchOf, initialState, ratesOf, wholeStepProgram, type HostState } from "#testing";
import { openSession } from "./node.ts";
import { wrapSession, type BoundCall, type Session } from "./session.ts";

const x = input("x", "f32", [2, 2]);
const k = input("k", "f32", []);
const program: Program = { name: "p", inputs: { x, k }, outputs: { y: mul(x, k), z: not(equal(x, k)) } };
const feeds = { x: tensorFrom("f32", [2, 2], [1, 2, 3, 4]), k: tensorFrom("f32", [], [3]) };

let session: Session;
beforeAll(async () => {
  session = await openSession(emit(program).bytes, { threads: 1 });
});
afterAll(() => session.close());

describe("a session", () => {
  it("knows the names of the program's inputs and outputs, in order", () => {
    expect([session.inputNames, session.outputNames]).toEqual([["x", "k"], ["y", "z"]]);
  });

  it("returns tensors of the program's dtypes and shapes", async () => {
    expect(await session.run(feeds)).toEqual({
      y: tensorFrom("f32", [2, 2], [3, 6, 9, 12]),
      z: tensorFrom("bool", [2, 2], [1, 1, 0, 1]),
    });
  });

  it("takes and returns every dtype", async () => {
    const v = input("v", "i64", [2]);
    const outputs = { f32: cast(v, "f32"), f64: cast(v, "f64"), bool: cast(v, "bool"), i64: mul(v, v) };
    await using every = await openSession(emit({ name: "p", inputs: { v }, outputs }).bytes, { threads: 1 });
    expect(await every.run({ v: tensorFrom("i64", [2], [-3, 0]) })).toEqual({
      f32: tensorFrom("f32", [2], [-3, 0]),
      f64: tensorFrom("f64", [2], [-3, 0]),
      bool: tensorFrom("bool", [2], [1, 0]),
      i64: tensorFrom("i64", [2], [9, 0]),
    });
  });

  it("names feeds that are missing or unknown", async () => {
    await expect(session.run({ x: feeds.x })).rejects.toThrow("session: feeds do not fit the model: missing [k], unknown []");
    await expect(session.run({ ...feeds, noise: feeds.k })).rejects.toThrow("missing [], unknown [noise]");
    expect(() => session.bind(feeds, { y: zeros("f32", [2, 2]) })).toThrow("session: outputs do not fit the model: missing [z], unknown []");
  });

  it("refuses a feed of another shape or dtype, by name", async () => {
    await expect(session.run({ ...feeds, x: zeros("f32", [2, 3]) })).rejects.toThrow(/invalid dimensions for input: x/);
    await expect(session.run({ ...feeds, x: zeros("f64", [2, 2]) })).rejects.toThrow(/tensor\(double\)/);
  });

  it("refuses bytes that are no model", async () => {
    await expect(openSession(new Uint8Array([1, 2, 3]))).rejects.toThrow(/protobuf/i);
  });

  it("closes once, however often it is asked, and then no longer runs", async () => {
    const short = await openSession(emit(program).bytes, { threads: 1 });
    await Promise.all([short.close(), short.close()]);
    await short[Symbol.asyncDispose]();
    await expect(short.run(feeds)).rejects.toThrow(/disposed/);
  });
});

describe("a bound call", () => {
  const targets = (): { y: HostTensor<"f32">; z: HostTensor<"bool"> } => ({ y: zeros("f32", [2, 2]), z: zeros("bool", [2, 2]) });

  it("gives what run gives", async () => {
    const outputs = targets();
    await session.bind(feeds, outputs).run();
    expect(outputs).toEqual(await session.run(feeds));
  });

  it("reads its feeds anew each time", async () => {
    const [own, outputs] = [{ ...feeds, k: tensorFrom("f32", [], [1]) }, targets()];
    const call = session.bind(own, outputs);
    for (const factor of [1, -2]) {
      own.k.data[0] = factor;
      await call.run();
      expect(toNumbers(outputs.y)).toEqual([1, 2, 3, 4].map((v) => v * factor));
    }
  });

  it("makes no arrays, however large its outputs are", async () => {
    const x = input("x", "f32", [1]);
    await using filling = await openSession(emit({ name: "fill", inputs: { x }, outputs: { y: broadcastTo(x, [4_000_000]) } }).bytes, { threads: 1 });
    const y = zeros("f32", [4_000_000]);
    const call = filling.bind({ x: tensorFrom("f32", [1], [3]) }, { y });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 5; i++) await call.run();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(y.data.byteLength);
    expect(y.data.every((value) => value === 3)).toBe(true);
  });

  it("says what went wrong in the runtime", async () => {
    const wrong = { ...feeds, x: zeros("f32", [3, 2]) };
    await expect(session.bind(wrong, targets()).run()).rejects.toThrow(/dimensions/);
  });

  it("reads and writes in place in WebAssembly memory, and touches nothing beside", async () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const whole = new Float32Array(memory.buffer);
    whole.fill(-1, 0, 64);
    const [inside, outside] = [view("f32", memory.buffer, 64, 4), view("f32", memory.buffer, 128, 4)];
    inside.set([5, 6, 7, 8]);
    const outputs = { ...targets(), y: hostTensor("f32", [2, 2], outside) };
    await session.bind({ ...feeds, x: hostTensor("f32", [2, 2], inside) }, outputs).run();
    expect([...whole.subarray(31, 37)]).toEqual([-1, 15, 18, 21, 24, -1]);
  });
});

describe("a build that does not fill given outputs", () => {
  const copying = async (): Promise<Session> =>
    wrapSession(await InferenceSession.create(emit(program).bytes), Tensor, { fillsOutputs: false });

  it("has its results copied into a bound call's buffers", async () => {
    await using copied = await copying();
    const outputs = { y: zeros("f32", [2, 2]), z: zeros("bool", [2, 2]) };
    await copied.bind(feeds, outputs).run();
    expect(outputs).toEqual(await session.run(feeds));
  });

  it("names a buffer of another size or dtype", async () => {
    await using copied = await copying();
    const run = (y: HostTensor): Promise<void> => copied.bind(feeds, { y, z: zeros("bool", [2, 2]) }).run();
    await expect(run(zeros("f32", [5]))).rejects.toThrow("session: output y is float32[2, 2], its buffer f32[5]");
    await expect(run(zeros("f64", [2, 2]))).rejects.toThrow("session: output y is float32[2, 2], its buffer f64[2, 2]");
  });
});

describe("a training step bound to two sets of buffers, read and written in turns", () => {
  it("lowers the loss", async () => {
    await using training = await openSession(emit(wholeStepProgram({ clipNorm: 1 })).bytes, { threads: 1 });
    const [even, odd] = [initialState(1), initialState(2)];
    const results = { loss: zeros("f32", []), gradNorm: zeros("f32", []) };
    const written = (state: HostState): HostState => Object.fromEntries(Object.entries(state).map(([name, t]) => [`next/${name}`, t]));
    const constant = { ...batchOf(1), ...ratesOf(1000, 1e-3, 0.99) };
    const calls: [BoundCall, BoundCall] = [
      training.bind({ ...even, ...constant }, { ...results, ...written(odd) }),
      training.bind({ ...odd, ...constant }, { ...results, ...written(even) }),
    ];
    await calls[0].run();
    const firstLoss = toNumbers(results.loss)[0] ?? NaN;
    for (let i = 0; i < 300; i++) for (const call of calls) await call.run();
    expect(toNumbers(results.loss)[0]).toBeLessThan(0.5 * firstLoss);
  });
});

describe("many bound calls", () => {
  // The heap of a test process moves by tens of megabytes, so the tensors are large: a call that left its feeds or its
  // results behind would add 2 GB.
  it("keep neither feeds nor results in memory", async () => {
    const [calls, length] = [500, 2 ** 20];
    const values = input("values", "f32", [length]);
    await using doubling = await openSession(emit({ name: "double", inputs: { values }, outputs: { doubled: mul(values, 2) } }).bytes, { threads: 1 });
    const call = doubling.bind({ values: zeros("f32", [length]) }, { doubled: zeros("f32", [length]) });
    for (let i = 0; i < 50; i++) await call.run();
    const warm = process.memoryUsage.rss();
    for (let i = 0; i < calls; i++) await call.run();
    expect(process.memoryUsage.rss() - warm).toBeLessThan(0.1 * calls * length * Float32Array.BYTES_PER_ELEMENT);
  });
});
