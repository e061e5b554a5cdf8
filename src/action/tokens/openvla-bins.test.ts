import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gridCodec } from "./index.ts";

interface Golden {
  readonly bin_centers: number[];
  readonly actions: number[][];
  readonly token_ids: number[][];
  readonly decoded: number[][];
  readonly edge_actions: number[][];
  readonly edge_token_ids: number[][];
  readonly edge_decoded: number[][];
  readonly decode_table: { readonly ids: number[]; readonly values: number[] };
}
const golden: Golden = JSON.parse(readFileSync("fixtures/golden/tokens/openvla_256.json", "utf8"));
const codec = gridCodec({ scheme: "openvla" });
const absolute = (id: number): number => codec.absoluteId?.(id) ?? NaN;

test.each(["actions", "edge_actions"] as const)("absolute ids and decoded values of the golden %s are exact", (key) => {
  const [tokens, values] = key === "actions" ? [golden.token_ids, golden.decoded] : [golden.edge_token_ids, golden.edge_decoded];
  const ids = new Int32Array(7);
  const decoded = new Float64Array(7);
  golden[key].forEach((action, i) => {
    codec.encode(action, ids);
    codec.decode(ids, decoded);
    expect(Array.from(ids, absolute)).toEqual(tokens[i]);
    expect([...decoded]).toEqual(values[i]);
  });
});

test("the 256 ids decode as upstream decodes them; 31744 and 31745 alike", () => {
  const table = new Map(golden.decode_table.ids.map((id, i) => [id, golden.decode_table.values[i]]));
  const { centers = new Float64Array(), size } = codec.slots[0] ?? {};
  expect(size).toBe(256);
  centers.forEach((center, id) => expect(center).toBe(table.get(absolute(id))));
  expect(centers[255]).toBe(centers[254]);
  expect([absolute(0), absolute(255)]).toEqual([31999, 31744]);
});

test("relative ids rise with the value, and 0 decodes to exactly 0", () => {
  const ids = new Int32Array(7);
  codec.encode([-1, -0.5, -1e-9, 0, 1e-9, 0.5, 1], ids);
  expect([...ids]).toEqual([0, 63, 127, 127, 127, 191, 255]);
  const decoded = new Float64Array(7);
  codec.decode(ids, decoded);
  expect(decoded[3]).toBe(0);
});
