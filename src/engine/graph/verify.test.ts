/** @file Tests of verification: each kind of broken program is named. */

import { expect, test } from "vitest";
import { add, exp, input, scope, verify, type Program, type Tensor } from "./index.ts";

const x = input("x", "f32", [2]);
const program = (fields: Partial<Program>): Program => ({ name: "p", inputs: { x }, outputs: { y: exp(x) }, ...fields });

/** Programs are immutable by type; these tests break them on purpose. */
function tampered(tensor: Tensor, change: Partial<{ shape: readonly number[]; dtype: Tensor["dtype"]; id: number }>): Tensor {
  return Object.assign({}, tensor, change);
}

test("a sound program passes", () => {
  expect(() => verify(program({}))).not.toThrow();
});

test("an input that is used must be declared", () => {
  expect(() => verify(program({ inputs: {} }))).toThrow('verify p: input "x" f32[2] is used but not declared');
});

test("a second input of the same name is not the declared one", () => {
  const twin = input("x", "f32", [2]);
  expect(() => verify(program({ outputs: { y: add(x, twin) } }))).toThrow('input "x" f32[2] is used but not declared');
});

test("an input is declared under its own name", () => {
  expect(() => verify(program({ inputs: { state: x } }))).toThrow('verify p: input "state" is not a graph input of that name');
});

test("an op result cannot be declared as an input", () => {
  expect(() => verify(program({ inputs: { x, y2: exp(x) } }))).toThrow('input "y2" is not a graph input of that name');
});

test("an output may not take the name of an input", () => {
  expect(() => verify(program({ outputs: { x: exp(x) } }))).toThrow('verify p: "x" names both an input and an output');
});

test("an input may be called like a method of objects", () => {
  const odd = input("toString", "f32", [2]);
  expect(() => verify({ name: "p", inputs: { toString: odd }, outputs: { y: exp(odd) } })).not.toThrow();
});

test("a shape that does not follow from its op is found, with the op's place", () => {
  const broken = tampered(scope("head", () => exp(x)), { shape: [3] });
  expect(() => verify(program({ outputs: { y: broken } }))).toThrow(
    "verify p: head/exp is f32[3], but its rule infers f32[2]",
  );
  const wrongDtype = tampered(exp(x), { dtype: "f64" });
  expect(() => verify(program({ outputs: { y: wrongDtype } }))).toThrow("verify p: exp is f64[2], but its rule infers f32[2]");
});

test("a broken tensor deep inside is found", () => {
  const broken = tampered(exp(x), { shape: [2, 1] });
  expect(() => verify(program({ outputs: { y: exp(broken) } }))).toThrow("exp is f32[2, 1]");
});

test("an op cannot refer to a tensor made after it", () => {
  const early = tampered(exp(exp(x)), { id: x.id });
  expect(() => verify(program({ outputs: { y: early } }))).toThrow("exp refers to a tensor made after it");
});
