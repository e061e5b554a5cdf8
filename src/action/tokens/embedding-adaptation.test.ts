import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { middles } from "./bin-edges.ts";
import { adaptEmbeddings, gridCodec, type PerAxis } from "./index.ts";

interface GoldenEdges {
  readonly variants: Readonly<Record<string, Readonly<Record<string, { readonly edges: number[] }>>>>;
}
const goldenEdges: GoldenEdges = JSON.parse(readFileSync("fixtures/golden/tokens/spatialvla_bin_edges.json", "utf8"));
const golden: { readonly row_step: number; readonly intended_trilinear_ij: number[][] } = JSON.parse(
  readFileSync("fixtures/golden/tokens/spatialvla_embedding_adaptation.json", "utf8"),
);

function edgesOf(variant: string): PerAxis<Float64Array> {
  const of = (name: string): Float64Array => Float64Array.from(goldenEdges.variants[variant]?.[`${name}_bins`]?.edges ?? []);
  return { theta: of("theta"), phi: of("phi"), r: of("r"), roll: of("roll"), pitch: of("pitch"), yaw: of("yaw") };
}
const plus = edgesOf("plus_min_sigma_0.5");
const bridge = edgesOf("bridge_min_sigma_0.0");
const ROWS = 8194;

/** The table of the golden file: its formula, rounded to float32. */
const table = Float64Array.from({ length: ROWS * 2 }, (_, at) => {
  const [i, e] = [at >> 1, at & 1];
  return Math.fround(Math.sin(0.37 * (i + 1) * (e + 1)) + (0.01 * i) / ROWS);
});

test("embeddings carried from the pre-training grid to Bridge's equal the golden ones", () => {
  const adapted = new Float64Array(ROWS * 2);
  adaptEmbeddings({ from: plus, to: bridge, width: 2 }, table, adapted);
  const expected = golden.intended_trilinear_ij;
  expect(expected).toHaveLength(Math.ceil(ROWS / golden.row_step));
  const errors = expected.flatMap((row, i) => row.map((value, e) => Math.abs(value - (adapted[2 * i * golden.row_step + e] ?? NaN))));
  expect(Math.max(...errors)).toBeLessThan(1e-11);
});

test("between equal grids nothing changes", () => {
  const adapted = new Float64Array(ROWS * 2);
  adaptEmbeddings({ from: plus, to: plus, width: 2 }, table, adapted);
  expect(adapted).toEqual(table);
});

test("an embedding that is its cell's coordinate becomes the new cell's, kept within the old centers; gripper rows stay", () => {
  const coordinates = (edges: PerAxis<Float64Array>): Float64Array => {
    const rows = new Float64Array(ROWS * 3);
    const [theta, phi, r] = [middles(edges.theta), middles(edges.phi), middles(edges.r)];
    const [roll, pitch, yaw] = [middles(edges.roll), middles(edges.pitch), middles(edges.yaw)];
    for (let id = 0; id < 4096; id++) {
      rows.set([theta[id >> 8] ?? NaN, phi[(id >> 3) & 31] ?? NaN, r[id & 7] ?? NaN], 3 * id);
      rows.set([roll[id >> 8] ?? NaN, pitch[(id >> 4) & 15] ?? NaN, yaw[id & 15] ?? NaN], 3 * (4096 + id));
    }
    return rows.fill(7, 3 * 8192);
  };
  const [from, to] = [coordinates(plus), coordinates(bridge)];
  const adapted = new Float64Array(ROWS * 3);
  adaptEmbeddings({ from: plus, to: bridge, width: 3 }, from, adapted);
  const range = (block: number, dim: number): [number, number] => {
    const values = Array.from({ length: 4096 }, (_, id) => from[3 * (4096 * block + id) + dim] ?? NaN);
    return [Math.min(...values), Math.max(...values)];
  };
  const ranges = [0, 1].map((block) => [0, 1, 2].map((dim) => range(block, dim)));
  let furthest = 0;
  for (let at = 0; at < 3 * 8192; at++) {
    const [low = NaN, high = NaN] = ranges[at < 3 * 4096 ? 0 : 1]?.[at % 3] ?? [];
    const expected = Math.max(low, Math.min(high, to[at] ?? NaN));
    furthest = Math.max(furthest, Math.abs((adapted[at] ?? NaN) - expected));
  }
  expect(furthest).toBeLessThan(1e-12);
  expect([...adapted.subarray(3 * 8192)]).toEqual([7, 7, 7, 7, 7, 7]);
});

test("a table of another size is refused", () => {
  const change = { from: plus, to: bridge, width: 2 };
  expect(() => adaptEmbeddings(change, table.subarray(2), new Float64Array(ROWS * 2))).toThrow("expected 8194 rows of 2");
  expect(gridCodec({ scheme: "spatialvla", gaussians: null }).vocabulary).toBe(ROWS);
});
