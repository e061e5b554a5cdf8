/** @file Tests of the assembler. */

import { describe, expect, it } from "vitest";
import { countDown, f64, functionBuilder, i32, ifElse, moduleBytes, signedLeb, unsignedLeb, type WasmFunction } from "./wasm.ts";

function run(fn: WasmFunction, ...args: number[]): unknown {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes([fn])), { host: { memory } });
  const exported = exports[fn.name];
  if (typeof exported !== "function") throw new Error(`${fn.name} is not exported`);
  return exported(...args);
}

describe("the assembler", () => {
  it("writes LEB128 as in the specification's examples", () => {
    expect(unsignedLeb(0)).toEqual([0]);
    expect(unsignedLeb(624485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(unsignedLeb(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(signedLeb(-123456)).toEqual([0xc0, 0xbb, 0x78]);
    expect(signedLeb(63)).toEqual([0x3f]);
    expect(signedLeb(64)).toEqual([0xc0, 0x00]);
    expect(signedLeb(-64)).toEqual([0x40]);
  });

  it("makes functions that compute", () => {
    const fn = functionBuilder("distance");
    const x = fn.param("f64");
    const y = fn.param("f64");
    const square = (value: typeof x) => f64.mul(value.get, value.get);
    expect(run(fn.finish([], f64.sqrt(f64.add(square(x), square(y)))), 3, 4)).toBe(5);
  });

  it("counts down in strides, and not at all from zero", () => {
    const fn = functionBuilder("turns");
    const counter = fn.param("i32");
    const turns = fn.local("i32");
    const body = countDown(counter, 16, [turns.set(i32.add(turns.get, i32.const(1)))]);
    const counted = fn.finish([body], turns.get);
    expect([0, 16, 160].map((count) => run(counted, count))).toEqual([0, 1, 10]);
  });

  it("takes the branch its condition says", () => {
    const fn = functionBuilder("choose");
    const condition = fn.param("i32");
    const chosen = fn.local("f64");
    const choice = ifElse(condition.get, [chosen.set(f64.const(1.5))], [chosen.set(f64.const(-2.25))]);
    const choose = fn.finish([choice], chosen.get);
    expect([run(choose, 7), run(choose, 0)]).toEqual([1.5, -2.25]);
  });

  it("refuses a parameter after a local", () => {
    const fn = functionBuilder("late");
    fn.local("f64");
    expect(() => fn.param("f64")).toThrow("functionBuilder late: parameters come before locals");
  });
});
