import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { tensorFrom, type HostTensor } from "./tensor.ts";

const TENSORS: Record<string, HostTensor> = {
  weight: tensorFrom("f32", [2, 3], [1, -2, 3.5, Infinity, 0, 1e-30]),
  isPad: tensorFrom("bool", [3], [1, 0, 1]),
  step: tensorFrom("i64", [], [42]),
  empty: tensorFrom("f32", [0, 4], []),
  exact: tensorFrom("f64", [2], [Math.PI, -0]),
};

/** A file with a header of our choosing and `dataBytes` zero bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const f32 = (shape: number[], data_offsets: number[]): unknown => ({ dtype: "F32", shape, data_offsets });

describe("safetensors", () => {
  it("gives back every dtype, shape, value and metadata string", () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(TENSORS, { format: "tendon", head: "flow" }));
    expect(tensors).toEqual(TENSORS);
    expect(metadata).toEqual({ format: "tendon", head: "flow" });
  });

  it("gives the same bytes for the same tensors in any order of keys", () => {
    const reversed = Object.fromEntries(Object.entries(TENSORS).reverse());
    const bytes = encodeSafetensors(TENSORS, { a: "1", b: "2" });
    expect(encodeSafetensors(reversed, { b: "2", a: "1" })).toEqual(bytes);
  });

  it("writes the bytes of the format: length, header, little-endian data", () => {
    const bytes = encodeSafetensors({ x: tensorFrom("f32", [1], [1]) });
    const header = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const headerBytes = Math.ceil(header.length / 8) * 8;
    expect(bytes.length).toBe(8 + headerBytes + 4);
    expect(bytes[0]).toBe(headerBytes);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)).trimEnd()).toBe(header);
    expect([...bytes.subarray(-4)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it("reads as views of an aligned file and as copies of a shifted one", () => {
    const bytes = encodeSafetensors({ x: tensorFrom("f64", [2], [1, 2]), b: tensorFrom("bool", [1], [1]) });
    expect(decodeSafetensors(bytes).tensors["x"]?.data.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    const { tensors } = decodeSafetensors(shifted);
    expect(tensors["x"]).toEqual(tensorFrom("f64", [2], [1, 2]));
    expect(tensors["x"]?.data.buffer).not.toBe(bytes.buffer);
    // What Node reads from a file is a Buffer, whose `slice` does not copy.
    expect(decodeSafetensors(Buffer.from(shifted.buffer, 1)).tensors["x"]).toEqual(tensorFrom("f64", [2], [1, 2]));
  });

  it("keeps awkward names as plain entries", () => {
    const tensors = {
      ["__proto__"]: tensorFrom("f32", [1], [1]),
      'q"é': tensorFrom("f32", [1], [2]),
      7: tensorFrom("f32", [1], [3]),
    };
    const decoded = decodeSafetensors(encodeSafetensors(tensors)).tensors;
    expect(Object.keys(decoded).sort()).toEqual(Object.keys(tensors).sort());
  });

  it.each([
    ["an empty file", new Uint8Array(0), /0 bytes is too short/],
    ["a file cut off in the header", encodeSafetensors(TENSORS).subarray(0, 40), /header needs .* cut off/],
    ["a file cut off in the data", encodeSafetensors(TENSORS).slice(0, -1), /"isPad" ends at data byte .* cut off/],
    ["a header length beyond the limit", new Uint8Array(16).fill(0xff), /over the limit/],
    ["a header that is not JSON", fileOf("x", 0), /not a JSON object/],
    [
      "an unknown dtype",
      fileOf({ x: { dtype: "F8_E4M3", shape: [1], data_offsets: [0, 1] } }, 1),
      /dtype "F8_E4M3", expected F64, F32, F16, BF16, I64, BOOL/,
    ],
    ["a negative extent", fileOf({ x: f32([-1], [0, 4]) }, 4), /shape \[-1\]/],
    ["offsets that are no pair", fileOf({ x: f32([1], [0]) }, 4), /data_offsets \[0\]/],
    ["offsets that run backwards", fileOf({ x: f32([1], [4, 0]) }, 4), /data_offsets \[4,0\]/],
    ["offsets past the end", fileOf({ x: f32([2], [0, 8]) }, 4), /ends at data byte 8, the file has 4/],
    [
      "a shape that does not match its bytes",
      fileOf({ x: f32([2], [0, 4]) }, 4),
      /f32\[2\], which needs 8 bytes, got 4/,
    ],
    ["overlapping tensors", fileOf({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8), /"b" overlaps/],
    ["a gap between tensors", fileOf({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12), /"b" leaves a gap/],
    ["bytes no tensor covers", fileOf({ a: f32([1], [0, 4]) }, 8), /cover 4 data bytes, the file has 8/],
    ["metadata that is not text", fileOf({ __metadata__: { a: 1 } }, 0), /must map names to strings/],
  ])("refuses %s", (_what, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it("refuses to write values that do not fill their shape, or the reserved name", () => {
    const short: HostTensor = { dtype: "f32", shape: [3], data: new Float32Array(2) };
    expect(() => encodeSafetensors({ short })).toThrow(/"short" is f32\[3\] but has 2 values/);
    expect(() => encodeSafetensors({ __metadata__: short })).toThrow(/reserved/);
  });
});
