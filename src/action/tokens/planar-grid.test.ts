import { expect, test } from "vitest";
import { rng } from "#engine/array";
import { fitCodec, gridCodec, type CodecSpecInput } from "./index.ts";

const uniform = { scheme: "planar", gaussians: null } as const;
const fitted = { scheme: "planar", gaussians: { phi: { mu: 0.5, sigma: 1.2 }, r: { mu: 0.4, sigma: 0.25 } } } as const;

function idOf(spec: CodecSpecInput, x: number, y: number): number {
  const ids = new Int32Array(1);
  gridCodec(spec).encode([x, y], ids);
  return ids[0] ?? NaN;
}

function decodedOf(spec: CodecSpecInput, id: number): number[] {
  const action = new Float64Array(2);
  gridCodec(spec).decode([id], action);
  return [...action];
}

test("an id is the azimuth's bin times the number of radii, plus the radius' bin", () => {
  const spec = { ...uniform, phiBins: 4, rBins: 2 };
  // Azimuth bins from -π by quarters, radii split at √2/2.
  expect(idOf(spec, -0.5, -0.2)).toBe(0);
  expect(idOf(spec, 0.5, -0.2)).toBe(2);
  expect(idOf(spec, 0.5, 0.2)).toBe(4);
  expect(idOf(spec, -0.5, 0.2)).toBe(6);
  expect(idOf(spec, -0.9, 0.9)).toBe(7);
  expect(gridCodec(spec).vocabulary).toBe(8);
});

test("a cell decodes to the middle of its azimuths and radii", () => {
  const r = Math.SQRT2 / 4;
  const [x = NaN, y = NaN] = decodedOf({ ...uniform, phiBins: 4, rBins: 2 }, 4);
  expect(x).toBeCloseTo(r * Math.cos(Math.PI / 4), 14);
  expect(y).toBeCloseTo(r * Math.sin(Math.PI / 4), 14);
});

test("centers beyond the square are clamped to it", () => {
  const { centers = new Float64Array() } = gridCodec(uniform).slots[0] ?? {};
  expect(Math.max(...centers)).toBe(1);
  expect(Math.min(...centers)).toBe(-1);
});

test("the bins of fitted edges hold equal shares of the Gaussian, cut off at the range", () => {
  const random = rng(3, "mass");
  const counts = new Map<number, number>();
  const spec = { ...fitted, phiBins: 4, rBins: 4 };
  const codec = gridCodec(spec);
  const ids = new Int32Array(1);
  let drawn = 0;
  while (drawn < 20_000) {
    const phi = spec.gaussians.phi.mu + spec.gaussians.phi.sigma * random.normal();
    const r = spec.gaussians.r.mu + spec.gaussians.r.sigma * random.normal();
    if (Math.abs(phi) > Math.PI || r < 0 || r > 1) continue; // at most 1, so that every point lies in the square; √2 is 4σ away
    codec.encode([r * Math.cos(phi), r * Math.sin(phi)], ids);
    counts.set(ids[0] ?? NaN, (counts.get(ids[0] ?? NaN) ?? 0) + 1);
    drawn++;
  }
  expect(counts.size).toBe(16);
  for (const count of counts.values()) expect(Math.abs(count / drawn - 1 / 16)).toBeLessThan(0.01);
});

test("without a cell for it, zero is not representable; with one it is, and other ids stay", () => {
  const ids = (zeroCell: boolean): number[] => [-0.8, -0.3, 0.2, 0.7].map((x) => idOf({ ...fitted, zeroCell }, x, 0.4));
  const zero = decodedOf(fitted, idOf(fitted, 0, 0));
  expect(Math.hypot(...zero)).toBeGreaterThan(0.04);
  const spec = { ...fitted, zeroCell: true };
  expect(gridCodec(spec).vocabulary).toBe(32 * 16 + 1);
  expect(idOf(spec, 0, 0)).toBe(512);
  expect(decodedOf(spec, 512)).toEqual([0, 0]);
  expect(ids(true)).toEqual(ids(false));
});

test("the cell of zero takes what is nearer to zero than to the center of its own cell", () => {
  const spec = { ...uniform, phiBins: 4, rBins: 2, zeroCell: true };
  const [x = NaN, y = NaN] = decodedOf(spec, 4);
  expect(idOf(spec, 0.49 * x, 0.49 * y)).toBe(8);
  expect(idOf(spec, 0.51 * x, 0.51 * y)).toBe(4);
});

test("decoding to conditional means keeps the ids and lowers the squared error on data of the fitted kind", () => {
  const random = rng(4, "error");
  const rows = new Float32Array(8000);
  random.fillNormal(rows);
  for (let i = 0; i < rows.length; i++) rows[i] = Math.max(-1, Math.min(1, 0.25 * (rows[i] ?? 0)));
  const options = { phiBins: 8, rBins: 8, minSigma: 0 };
  const error = (decoding: "middle" | "mean"): { readonly ids: number[]; readonly squared: number } => {
    const codec = gridCodec(fitCodec("planar", rows, 2, { ...options, decoding }));
    const ids = new Int32Array(1);
    const decoded = new Float64Array(2);
    const seen: number[] = [];
    let squared = 0;
    for (let i = 0; i < rows.length; i += 2) {
      codec.encode(rows.subarray(i, i + 2), ids);
      codec.decode(ids, decoded);
      seen.push(ids[0] ?? NaN);
      squared += ((rows[i] ?? NaN) - (decoded[0] ?? NaN)) ** 2 + ((rows[i + 1] ?? NaN) - (decoded[1] ?? NaN)) ** 2;
    }
    return { ids: seen, squared };
  };
  expect(error("mean").ids).toEqual(error("middle").ids);
  expect(error("mean").squared).toBeLessThan(error("middle").squared);
});

test("a fit holds mean and deviation of azimuth and radius", () => {
  const spec = fitCodec("planar", Float32Array.of(0.5, 0, 0, 1), 2);
  const half = Math.PI / 4;
  expect(spec).toEqual({
    scheme: "planar",
    gaussians: { phi: { mu: half, sigma: half }, r: { mu: 0.75, sigma: 0.25 } },
    phiBins: 32,
    rBins: 16,
    minSigma: 0.5,
    zeroCell: false,
    decoding: "middle",
  });
});

test("actions of another size, and data without spread, are refused with what to do", () => {
  expect(() => fitCodec("planar", Float32Array.of(1, 2, 3), 3)).toThrow("planar: actions have 3 dimensions, expected 2");
  const flat = Float32Array.of(0.5, 0, 0.5, 0);
  expect(() => gridCodec(fitCodec("planar", flat, 2, { minSigma: 0 }))).toThrow(/planar: phi: N\(0, 0\) cuts .* raise minSigma or give null/);
  expect(gridCodec(fitCodec("planar", flat, 2)).vocabulary).toBe(512);
});
