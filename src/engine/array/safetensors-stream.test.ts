/** @file Tests of writing safetensors piece by piece. */

import { expect, test } from "vitest";
import { safetensorsHead } from "./safetensors-stream.ts";
import { decodeSafetensors } from "./safetensors.ts";
import { tensorFrom } from "./tensor.ts";

test("a head and the tensors behind it, in its order, are a file", () => {
  const head = safetensorsHead([{ name: "10", dtype: "F32", shape: [2] }, { name: "2", dtype: "BF16", shape: [1, 2] }], { made: "here" });
  const file = new Uint8Array(head.length + 12);
  file.set(head);
  file.set(new Uint8Array(Float32Array.of(1, 2).buffer), head.length);
  file.set([0x80, 0x3f, 0x40, 0xc0], head.length + 8);
  expect(decodeSafetensors(file)).toEqual({ metadata: { made: "here" }, tensors: { "10": tensorFrom("f32", [2], [1, 2]), "2": tensorFrom("f32", [1, 2], [1, -3]) } });
  expect(head.length % 8).toBe(0);
});

test("a name is there once, and is not the reserved one", () => {
  const tensor = { name: "a", dtype: "F32", shape: [1] } as const;
  expect(() => safetensorsHead([tensor, tensor])).toThrow('safetensorsHead: "a" is there twice');
  expect(() => safetensorsHead([{ ...tensor, name: "__metadata__" }])).toThrow('"__metadata__" is reserved, rename the tensor');
});
