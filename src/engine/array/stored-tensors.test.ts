/** @file Tests of tensors read one by one from files. */

import { describe, expect, it, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { joinStored, openSafetensors, type ByteSource } from "./stored-tensors.ts";
import { tensorFrom } from "./tensor.ts";

/** A file of one BF16 and one F16 tensor. */
function halves(): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ a: { dtype: "BF16", shape: [2], data_offsets: [0, 4] }, b: { dtype: "F16", shape: [1, 2], data_offsets: [4, 8] } }));
  const bytes = new Uint8Array(8 + header.length + 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set([0x80, 0x3f, 0x40, 0xc0, 0x00, 0x3c, 0x00, 0xc0], 8 + header.length);
  return bytes;
}

/** Bytes that remember what was read of them. */
function watched(bytes: Uint8Array): { readonly source: ByteSource; readonly reads: (readonly [offset: number, length: number])[] } {
  const reads: (readonly [number, number])[] = [];
  const read: ByteSource["read"] = (offset, length) => (reads.push([offset, length]), Promise.resolve(bytes.subarray(offset, offset + length)));
  return { source: { name: "a file", size: bytes.length, read }, reads };
}

const TENSORS = { a: tensorFrom("f32", [2, 2], [1, 2, 3, 4]), b: tensorFrom("i64", [3], [5, 6, 7]) };

test("half-precision values are read as 32-bit ones, whole or one by one", async () => {
  const expected = { a: tensorFrom("f32", [2], [1, -3]), b: tensorFrom("f32", [1, 2], [1, -2]) };
  expect(decodeSafetensors(halves()).tensors).toEqual(expected);
  const stored = await openSafetensors(watched(halves()).source);
  expect([await stored.read("a"), await stored.read("b")]).toEqual([expected.a, expected.b]);
});

test("no more is read than the head and the tensors that are asked for", async () => {
  const bytes = encodeSafetensors(TENSORS, { made: "here" });
  const { source, reads } = watched(bytes);
  const stored = await openSafetensors(source);
  expect([...stored.entries.keys()].toSorted()).toEqual(["a", "b"]);
  expect(stored.metadata).toEqual({ made: "here" });
  expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(bytes.length - 16 - 24);
  expect(await stored.read("a")).toEqual(TENSORS.a);
  expect(reads.at(-1)?.[1]).toBe(16);
  expect(await stored.readPart("a", 1, 3)).toEqual(tensorFrom("f32", [2], [2, 3]));
  expect(reads.at(-1)?.[1]).toBe(8);
});

test("several files are one", async () => {
  const open = (name: keyof typeof TENSORS) => openSafetensors(watched(encodeSafetensors({ [name]: TENSORS[name] })).source);
  const both = joinStored([await open("a"), await open("b")]);
  expect(await both.read("b")).toEqual(TENSORS.b);
  expect(both.entries.size).toBe(2);
  const twice = [await open("a"), await open("a")];
  expect(() => joinStored(twice)).toThrow('two files hold the tensor "a", expected one');
  await expect(both.read("c")).rejects.toThrow('no file holds a tensor "c"');
});

describe("errors name the file", () => {
  it("when it is cut off, or has no such tensor", async () => {
    const bytes = encodeSafetensors(TENSORS);
    await expect(openSafetensors(watched(bytes.subarray(0, 4)).source)).rejects.toThrow("a file: 4 bytes is too short for a safetensors file; is it cut off?");
    await expect(openSafetensors(watched(bytes.subarray(0, -1)).source)).rejects.toThrow(/^a file: ".*the file is cut off/);
    await expect((await openSafetensors(watched(bytes).source)).read("c")).rejects.toThrow('a file: there is no tensor "c"');
  });
});
