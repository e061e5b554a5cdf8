/** @file Constants that lie in files beside a model: as 32-bit floats and in 4 bits. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packInt4, tensorFrom, toNumbers, unpackInt4, type HostTensor } from "#engine/array";
import { openModelFile } from "#engine/runtime/node";
import { normals } from "#testing";
import { emit, INT4_BLOCK, int4Keys, type PlaceOf } from "./emit.ts";
import { gemm, gemmBias, transpose } from "./ops/index.ts";
import { print } from "./print.ts";
import { constant, input, stored, type Tensor } from "./tensor.ts";

const [M, K, N] = [3, 70, 5] as const;
const x = normals(M * K, 1);
const weight = Float32Array.from(normals(N * K, 2));
const bias = normals(N, 3);

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tendon-stored-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Write parts one after the other into one file, and tell where each begins. */
async function writeParts(parts: Readonly<Record<string, Uint8Array>>): Promise<PlaceOf> {
  const places = new Map<string, { offset: number; length: number }>();
  let at = 0;
  for (const [key, { length }] of Object.entries(parts)) {
    places.set(key, { offset: at, length });
    at += length;
  }
  await writeFile(join(folder, "weights"), Buffer.concat(Object.values(parts)));
  return (key) => ({ location: "weights", ...(places.get(key) ?? { offset: 0, length: 0 }) });
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

async function run(y: Tensor, input: Tensor, placeOf: PlaceOf): Promise<number[]> {
  const path = join(folder, "model.onnx");
  await writeFile(path, emit({ name: "stored", inputs: { x: input }, outputs: { y } }, placeOf).bytes);
  await using session = await openModelFile(path);
  const { y: result } = await session.run({ x: tensorFrom("f32", [M, K], x) });
  return toNumbers(result as HostTensor);
}

const product = (matrix: ArrayLike<number>): number[] =>
  Array.from({ length: M * N }, (_, i) => {
    const [row, column] = [Math.floor(i / N), i % N];
    return (bias[column] ?? NaN) + Array.from({ length: K }, (_, k) => (x[row * K + k] ?? NaN) * (matrix[column * K + k] ?? NaN)).reduce((a, b) => a + b, 0);
  });

const linearOf = (given: Tensor, w: Tensor): Tensor => gemmBias(given, w, constant(tensorFrom("f32", [N], bias)), { transB: true });

test("a matrix in a file is as one in the model", async () => {
  const given = input("x", "f32", [M, K]);
  const y = await run(linearOf(given, stored("w", [N, K])), given, await writeParts({ before: new Uint8Array(8), w: bytesOf(weight) }));
  product(weight).forEach((value, i) => expect(y[i]).toBeCloseTo(value, 4));
});

test("a matrix in 4 bits is the one that its codes stand for, but for rows rounded to 8 bits", async () => {
  const packed = packInt4(weight, { columns: K, block: INT4_BLOCK });
  const { codes, scales } = int4Keys("w");
  const given = input("x", "f32", [M, K]);
  const y = await run(linearOf(given, stored("w", [N, K], "int4")), given, await writeParts({ [codes]: bytesOf(packed.codes), [scales]: bytesOf(packed.scales) }));
  const expected = product(unpackInt4(packed, { columns: K, block: INT4_BLOCK }));
  const size = Math.hypot(...expected);
  expect(Math.hypot(...expected.map((value, i) => value - (y[i] ?? NaN))) / size).toBeLessThan(0.01);
  // Four bits are fewer than 32: this is not the matrix itself.
  expect(Math.hypot(...product(weight).map((value, i) => value - (y[i] ?? NaN))) / size).toBeGreaterThan(0.02);
});

test("what cannot be read, or lies nowhere, is refused by name", () => {
  const given = input("x", "f32", [M, K]);
  const program = (y: Tensor) => ({ name: "stored", inputs: { x: given }, outputs: { y } });
  const nowhere: PlaceOf = () => ({ location: "weights", offset: 0, length: 0 });
  expect(() => emit(program(linearOf(given, stored("w", [N, K]))))).toThrow('emit: "w" is stored in a file, and nothing says where; pass placeOf');
  expect(() => emit(program(gemm(given, stored("w", [K, N], "int4"))), nowhere)).toThrow('emit: "w" is stored in 4 bits, which Gemm cannot read; store it as f32');
  expect(() => emit(program(gemm(given, transpose(stored("w", [N, K], "int4")))), nowhere)).toThrow('"w" is stored in 4 bits, which Transpose cannot read');
  expect(print(program(linearOf(given, stored("w", [N, K]))))).toContain("stored(w f32[5, 70])");
});
