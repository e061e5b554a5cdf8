/** @file Tests of emission: same program, same bytes; nothing twice; names that can be relied on. */

import { describe, expect, it } from "vitest";
import { tensorFrom, toNumbers } from "#engine/array";
import { openSession } from "#engine/runtime/node";
import { emittedNodes, f32, operatorCounts } from "#testing";
import { add, constant, div, emit, exp, gradients, input, mul, neg, scope, standardize, sum, type Program, type Tensor } from "./index.ts";

const one = (name: string, fn: (x: Tensor) => Readonly<Record<string, Tensor>>): Program => {
  const x = input("x", "f32", [3]);
  return { name, inputs: { x }, outputs: fn(x) };
};

async function run(program: Program, x: readonly number[]): Promise<Record<string, number[]>> {
  await using session = await openSession(emit(program).bytes, { threads: 1 });
  const results = await session.run({ x: tensorFrom("f32", [x.length], x) });
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toNumbers(tensor)]));
}

describe("the same program", () => {
  const trace = (): Program => {
    const x = input("x", "f32", [2, 3]);
    const y = scope("block", () => standardize(exp(mul(x, 0.5))));
    const loss = sum(mul(y, y));
    const [dx] = gradients(loss, [x]);
    return { name: "p", inputs: { x }, outputs: { loss, dx: dx ?? loss } };
  };

  it("gives the same bytes, though every trace has its own tensor ids", () => {
    const [first, second] = [trace(), trace()];
    expect(first.inputs["x"]?.id).not.toBe(second.inputs["x"]?.id);
    expect(emit(first).bytes).toEqual(emit(second).bytes);
  });

  it("gives the same bytes when unrelated tensors are traced in between", () => {
    const before = emit(trace()).bytes;
    for (let i = 0; i < 5; i++) exp(input("other", "f32", [1]));
    expect(emit(trace()).bytes).toEqual(before);
  });
});

describe("identical nodes", () => {
  it("are written once, and so are identical constants", () => {
    const program = one("p", (x) => ({ y: add(exp(mul(x, 2)), exp(mul(x, 2))) }));
    expect(operatorCounts(program)).toEqual({ Mul: 1, Exp: 1, Add: 1 });
  });

  it("differ when their attributes do", () => {
    const program = one("p", (x) => ({ y: add(standardize(x, 1e-5), standardize(x, 1e-3)) }));
    expect(operatorCounts(program)).toMatchObject({ LayerNormalization: 2 });
  });

  it("share one normalization between forward and backward, at any width", () => {
    const x = input("x", "f32", [2, 5000]);
    const y = standardize(x);
    const [dx] = gradients(sum(mul(y, mul(y, y))), [x]);
    expect(operatorCounts({ name: "p", inputs: { x }, outputs: { y, dx: dx ?? y } })).toMatchObject({ LayerNormalization: 1 });
  });

  it("keep 0 and -0 apart", async () => {
    const program = one("p", (x) => ({
      plus: div(x, constant(tensorFrom("f32", [], [0]))),
      minus: div(x, constant(tensorFrom("f32", [], [-0]))),
    }));
    expect(await run(program, [1, 1, 1])).toEqual({
      plus: [Infinity, Infinity, Infinity],
      minus: [-Infinity, -Infinity, -Infinity],
    });
  });
});

describe("outputs", () => {
  it("may be inputs, constants, and the same value several times", async () => {
    const program = one("p", (x) => {
      const doubled = mul(x, 2);
      return { a: x, b: doubled, c: doubled, d: constant(tensorFrom("f32", [2], [7, 8])), e: neg(doubled), f: x };
    });
    expect(await run(program, [1, 2, 3])).toEqual({
      a: [1, 2, 3],
      b: [2, 4, 6],
      c: [2, 4, 6],
      d: [7, 8],
      e: [-2, -4, -6],
      f: [1, 2, 3],
    });
  });

  it("cost no copy when a node can write to them", () => {
    expect(operatorCounts(one("p", (x) => ({ y: exp(x), z: neg(exp(x)) })))).toEqual({ Exp: 1, Neg: 1 });
  });

  it("and inputs may be called like emitted nodes and constants", async () => {
    const constant_0 = input("constant_0", "f32", [1]);
    const y = add(exp(mul(constant_0, 2)), 1);
    const program: Program = { name: "p", inputs: { constant_0 }, outputs: { mul_0: y, exp_1: neg(y) } };
    await using session = await openSession(emit(program).bytes, { threads: 1 });
    const results = await session.run({ constant_0: tensorFrom("f32", [1], [0]) });
    expect(Object.values(results).map(toNumbers)).toEqual([[2], [-2]]);
  });

  it("leave unused inputs declared", async () => {
    const [x, unused] = [input("x", "f32", [3]), input("unused", "f32", [2])];
    await using session = await openSession(emit({ name: "p", inputs: { x, unused }, outputs: { y: neg(x) } }).bytes);
    expect(session.inputNames).toEqual(["x", "unused"]);
  });
});

describe("names", () => {
  it("show the scope of the layer, and of its gradient", () => {
    const x = input("x", "f32", [3]);
    const loss = scope("encoder", () => scope("layer.0", () => sum(exp(x))));
    const [dx] = scope("train", () => gradients(loss, [x]));
    const names = emittedNodes({ name: "p", inputs: { x }, outputs: { loss, dx: dx ?? loss } }).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("encoder/layer.0/exp"))).toHaveLength(1);
    expect(names.some((name) => name.startsWith("encoder/layer.0/gradient/mul"))).toBe(true);
    expect(names.every((name) => name.startsWith("encoder/layer.0/"))).toBe(true);
  });

  it("are unique", () => {
    const x = input("x", "f32", [4, 3]);
    const loss = sum(mul(standardize(x), standardize(mul(x, x))));
    const nodes = emittedNodes({ name: "p", inputs: { x }, outputs: { loss, dx: gradients(loss, [x])[0] ?? loss } });
    const names = nodes.flatMap(({ outputs }) => outputs);
    expect(new Set(names).size).toBe(names.length);
  });

  it("returned by emit are the ones in the model, outputs included", () => {
    const x = input("x", "f32", [3]);
    const [hidden, y] = [exp(x), neg(exp(x))];
    const program = { name: "p", inputs: { x }, outputs: { y } };
    const { names } = emit(program);
    expect(names.get(x)).toBe("x");
    expect(names.get(y)).toBe("y");
    expect(emittedNodes({ ...program, outputs: { y, hidden } }).length).toBe(2);
    const again = emit({ ...program, outputs: { y, hidden } }).names;
    expect(again.get(hidden)).toBe("hidden");
    const written = emittedNodes(program).flatMap(({ outputs }) => outputs);
    expect(written).toContain(names.get(y));
  });
});

it("a program that does not hang together is refused before anything is written", () => {
  expect(() => emit({ name: "p", inputs: {}, outputs: { y: exp(input("x", "f32", f32(3).shape)) } })).toThrow(
    'verify p: input "x" f32[3] is used but not declared',
  );
});
