import { expect, test } from "vitest";
import { codecSpecSchema, fitCodec, gridCodec, parseCodecSpec, SCHEME_NAMES, type CodecSpecInput } from "./index.ts";

/** A spec of unknown origin, as from a file. */
const foreign = (spec: unknown): CodecSpecInput => spec as CodecSpecInput;

test("an unknown scheme is answered with what there is", () => {
  const names = SCHEME_NAMES.join(", ");
  expect(() => gridCodec(foreign({ scheme: "morse" }))).toThrow(new RangeError(`codec spec: got scheme "morse", expected one of ${names}`));
  for (const nothing of [null, undefined, "planar", [], {}]) {
    expect(() => gridCodec(foreign(nothing))).toThrow(new RangeError(`codec spec: got no scheme, expected one of ${names}`));
  }
  expect(() => gridCodec(foreign({ scheme: "toString" }))).toThrow("expected one of");
});

test.each([
  [{ scheme: "planar" }, /^planar codec spec: gaussians: .*; fit one to data or take the one saved with the policy$/],
  [{ scheme: "planar", gaussians: { phi: { mu: 0, sigma: 1 } } }, /gaussians\.r: /],
  [{ scheme: "planar", gaussians: null, bins: 256 }, /"bins"/],
  [{ scheme: "rt1" }, /^rt1 codec spec: bounds: /],
  [{ scheme: "rt1", bounds: [[1, -1]] }, /bounds\.0: expected \[low, high\] with low below high/],
  [{ scheme: "octo", bounds: [0, 0] }, /bounds: expected/],
  [{ scheme: "openvla", actionSize: 0 }, /actionSize: /],
])("an unfitted or foreign spec is one error that names the field: %#", (spec, message) => {
  expect(() => gridCodec(foreign(spec))).toThrow(RangeError);
  expect(() => gridCodec(foreign(spec))).toThrow(message);
  expect(() => parseCodecSpec(spec)).toThrow(message);
});

test("defaults are filled in where a spec is parsed", () => {
  expect(parseCodecSpec({ scheme: "openvla" })).toEqual({ scheme: "openvla", actionSize: 7, textVocabulary: 32000 });
  expect(codecSpecSchema.parse({ scheme: "octo" })).toEqual({ scheme: "octo", actionSize: 7, binning: "uniform", bounds: [-1, 1], bins: 256 });
});

test("bins are fitted to the range of every dimension; one that never changes keeps a range", () => {
  const rows = Float32Array.of(-1, 0.5, 3, 0.5, 2, 0.5);
  expect(fitCodec("rt1", rows, 2)).toEqual({ scheme: "rt1", bounds: [[-1, 3], [-0.5, 1.5]], bins: 256 });
  expect(fitCodec("octo", rows, 2)).toMatchObject({ actionSize: 2, bounds: [-1, 3] });
  expect(fitCodec("openvla", rows, 2)).toMatchObject({ actionSize: 2 });
});

test("options come on top of what data decide", () => {
  expect(fitCodec("rt1", Float32Array.of(0, 1), 1, { bins: 16 })).toMatchObject({ bounds: [[0, 1]], bins: 16 });
  expect(() => fitCodec("rt1", Float32Array.of(0, 1), 1, { bin: 16 })).toThrow(/"bin"/);
});

test.each([
  [Float32Array.of(), 2, "got 0 numbers, expected at least one action of 2"],
  [Float32Array.of(1, 2, 3), 2, "got 3 numbers"],
  [Float32Array.of(1, 2, 3, NaN), 2, "action 1, dimension 1 is NaN, expected a finite number"],
  [Float32Array.of(1, 2), 0, "actionSize is 0"],
])("rows that cannot be fitted are refused: %#", (rows, actionSize, message) => {
  expect(() => fitCodec("octo", rows, actionSize)).toThrow(message);
});
