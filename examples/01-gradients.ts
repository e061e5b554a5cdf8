/** @file Trace a function, print it, differentiate it, run it. */

import { tensorFrom, toNumbers } from "tendon/array";
import { emit, gemm, gradients, input, mean, print, square, sub, tanh, type Program } from "tendon/graph";
import { openSession } from "tendon/runtime/node";

// Calling ops computes nothing: it writes down which tensor follows from which.
const x = input("x", "f32", [2, 3]);
const w = input("w", "f32", [3, 1]);
const target = input("target", "f32", [2, 1]);
const loss = mean(square(sub(tanh(gemm(x, w)), target)));

const forward: Program = { name: "forward", inputs: { x, w, target }, outputs: { loss } };
console.log(print(forward));

// The gradient is more graph, so it is printed, checked and emitted in the same way.
const [dw] = gradients(loss, [w]);
if (dw === undefined) throw new Error("one tensor was asked for, so one gradient comes back");
const { bytes } = emit({ name: "step", inputs: { x, w, target }, outputs: { loss, dw } });
console.log(`\nONNX model with the gradient: ${bytes.length} bytes`);

await using session = await openSession(bytes);
const feeds = {
  x: tensorFrom("f32", [2, 3], [1, 0, -1, 0.5, 2, 0]),
  w: tensorFrom("f32", [3, 1], [0.1, -0.2, 0.3]),
  target: tensorFrom("f32", [2, 1], [0.5, -0.5]),
};
for (const [name, value] of Object.entries(await session.run(feeds))) {
  console.log(`${name} = ${toNumbers(value).map((v) => v.toFixed(6)).join(", ")}`);
}
