import { expect, test } from "vitest";
import { measureSpeed } from "./speed.ts";

test("a backbone is timed whole and over a frozen head, with the encoder and without, in processes of their own", { timeout: 120_000 }, async () => {
  const { json, lines } = await measureSpeed({ keys: ["dpT", "dpTDecoupled"], batch: 2, rounds: 1 });
  const { withEncoder, headOnly, ratios, parameters, allParameters, roofGflops } = json as Record<string, Record<string, number>>;
  for (const group of [withEncoder, headOnly]) {
    expect(Object.keys(group ?? {})).toEqual(["dpT", "dpTDecoupled"]);
    for (const stepsPerSecond of Object.values(group ?? {})) expect(stepsPerSecond).toBeGreaterThan(0);
  }
  expect(headOnly?.dpT).toBeGreaterThan(withEncoder?.dpT ?? Infinity);
  expect(ratios).toEqual({ withEncoder: { "dpTDecoupled/dpT": expect.any(Number) }, headOnly: { "dpTDecoupled/dpT": expect.any(Number) } });
  expect(parameters).toMatchObject({ dpC: 243_925_514 });
  expect(allParameters?.dpT).toBeGreaterThanOrEqual(parameters?.dpT ?? Infinity);
  expect(Math.min(...Object.values(roofGflops ?? {}))).toBeGreaterThan(0);
  expect(lines.filter((line) => line.includes("DP-T, head frozen"))).toHaveLength(2);
});
