/** @file Tests of the arena's layout: pure arithmetic, so sizes of gigabytes cost nothing. */

import { describe, expect, it } from "vitest";
import { arenaLayout, type ParameterSpec } from "./layout.ts";

const GIB = 1024 ** 3;
const options = { ema: false, accumulate: false, maxMemoryBytes: 4 * GIB };
const weight = (name: string, size: number): ParameterSpec => ({ name, shape: [size], decay: true });
const bias = (name: string, size: number): ParameterSpec => ({ name, shape: [size], decay: false });

describe("arenaLayout", () => {
  it("gathers decay groups into one range each, frozen parameters outside them", () => {
    const specs = [bias("a", 3), weight("b", 17), { ...weight("c", 5), trainable: false }, bias("d", 16), weight("e", 1)];
    const [layout, ...others] = arenaLayout(specs, options);
    expect(others).toEqual([]);
    expect(layout?.placements.map(({ name, offset }) => [name, offset])).toEqual([
      ["b", 0],
      ["e", 128],
      ["a", 192],
      ["d", 256],
      ["c", 320],
    ]);
    expect(layout?.ranges).toEqual([
      { decay: true, offset: 0, count: 48 },
      { decay: false, offset: 192, count: 32 },
    ]);
    expect(layout?.sections).toMatchObject({ params: 0, gradients: 384, firstMoments: 704, secondMoments: 1024 });
    expect(layout?.byteLength).toBe(384 + 3 * 320);
  });

  it("counts four sections per trainable value, one more each for averages and sums", () => {
    const bytes = (ema: boolean, accumulate: boolean) => arenaLayout([weight("w", 16)], { ...options, ema, accumulate })[0]?.byteLength;
    expect([bytes(false, false), bytes(true, false), bytes(false, true), bytes(true, true)]).toEqual([256, 320, 320, 384]);
  });

  it("opens a memory when the next parameter does not fit and keeps every parameter whole", () => {
    // 100 M values take 2 GB with averages, so two fit in 4 GiB.
    const layouts = arenaLayout([1, 2, 3, 4, 5].map((id) => weight(`w${id}`, 1e8)), { ...options, ema: true });
    expect(layouts.map(({ placements }) => placements.length)).toEqual([2, 2, 1]);
    expect(layouts.every(({ byteLength }) => byteLength <= 4 * GIB)).toBe(true);
    expect(layouts.map(({ ranges }) => ranges[0]?.count)).toEqual([2e8, 2e8, 1e8]);
  });

  it("fills a memory to its last byte", () => {
    const layouts = arenaLayout([weight("a", 2 ** 27), weight("b", 2 ** 27)], options);
    expect(layouts.map(({ byteLength }) => byteLength)).toEqual([4 * GIB]);
  });

  it("refuses a parameter larger than a memory, repeated names and empty shapes", () => {
    expect(() => arenaLayout([weight("w", 3e8)], options)).toThrow("parameterArena: w takes 4800000000 bytes");
    expect(arenaLayout([{ ...weight("w", 3e8), trainable: false }], options)).toHaveLength(1);
    expect(() => arenaLayout([weight("w", 1), bias("w", 2)], options)).toThrow("two parameters are named w");
    expect(() => arenaLayout([{ name: "w", shape: [2, 0], decay: true }], options)).toThrow("w has shape [2, 0]");
  });
});
