/** @file Tests of the arena: lengths, alignment, separate storage, attachment. */

import { describe, expect, it } from "vitest";
import { parameterArena, startEma, type NamedArrays } from "./arena.ts";

const specs = [
  { name: "weight", shape: [5, 7], decay: true },
  { name: "trunk", shape: [3, 3], decay: true, trainable: false },
  { name: "bias", shape: [7], decay: false },
  { name: "scale", shape: [], decay: false },
];

const lengths = (arrays: NamedArrays) => Object.fromEntries([...arrays].map(([name, values]) => [name, values.length]));

/** Browsers refuse to transfer a WebAssembly memory's buffer, Node copies it; neither may detach it. */
function transferIfAllowed(buffer: ArrayBuffer): void {
  try {
    structuredClone(buffer, { transfer: [buffer] });
  } catch {
    return;
  }
}

describe("parameterArena", () => {
  it("gives each parameter a view of exactly its length, in the given order", () => {
    const arena = parameterArena(specs, { ema: true });
    expect(lengths(arena.params)).toEqual({ weight: 35, trunk: 9, bias: 7, scale: 1 });
    expect([...arena.params.keys()]).toEqual(["weight", "trunk", "bias", "scale"]);
    for (const arrays of [arena.gradients, arena.firstMoments, arena.secondMoments]) {
      expect(lengths(arrays)).toEqual({ weight: 35, bias: 7, scale: 1 });
    }
  });

  it("aligns every view to 64 bytes and lets none overlap", () => {
    const arena = parameterArena(specs, { ema: true });
    const views = new Set([arena.params, arena.gradients, arena.firstMoments, arena.secondMoments, arena.ema].flatMap((arrays) => [...arrays.values()]));
    let number = 0;
    for (const view of views) {
      expect(view.byteOffset % 64).toBe(0);
      view.fill(++number);
    }
    expect([...views].map((view) => [Math.min(...view), Math.max(...view)])).toEqual([...views].map((_, index) => [index + 1, index + 1]));
  });

  it("takes a frozen parameter as its own average", () => {
    const arena = parameterArena(specs, { ema: true });
    expect(arena.ema.get("trunk")).toBe(arena.params.get("trunk"));
    expect(arena.ema.get("weight")).not.toBe(arena.params.get("weight"));
    expect(parameterArena(specs, { ema: false }).ema.size).toBe(0);
  });

  it("starts averages at the parameters", () => {
    const arena = parameterArena(specs, { ema: true });
    for (const values of arena.params.values()) values.fill(2.5);
    startEma(arena);
    for (const average of arena.ema.values()) expect(new Set(average)).toEqual(new Set([2.5]));
  });

  it("spreads over several memories when one is too small", () => {
    const arena = parameterArena(specs, { ema: false, maxMemoryBytes: 768 });
    expect(arena.segments).toHaveLength(2);
    expect(new Set([...arena.params.values()].map((view) => view.buffer)).size).toBe(2);
    expect(arena.gradients.get("weight")?.buffer).toBe(arena.params.get("weight")?.buffer);
  });

  it("keeps its views attached, whatever happens to other arenas or to a transfer of its buffer", () => {
    const arena = parameterArena(specs, { ema: false });
    parameterArena(specs, { ema: true });
    for (const [name, view] of arena.params) {
      view.fill(3);
      transferIfAllowed(view.buffer);
      expect([name, view.at(-1)]).toEqual([name, 3]);
    }
  });
});
