/** @file Add an op: its shape rule, its derivative and its ONNX nodes in one value. */

import { tensorFrom, toNumbers } from "tendon/array";
import { abs, add, defineOp, div, emit, gradients, input, square, sum, type Tensor } from "tendon/graph";
import { openSession } from "tendon/runtime/node";

/** x / (1 + |x|). @param x f32[...] or f64[...] */
function softsign(x: Tensor): Tensor {
  return softsignOp([x], {});
}

const softsignOp = defineOp<[x: Tensor]>({
  name: "softsign",
  infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  // d/dx = 1 / (1 + |x|)²; g is the gradient that arrives at the result.
  vjp: (g, [x]) => [div(g, square(add(1, abs(x))))],
  lower: (emitter, [x]) => emitter.node("Softsign", [x]),
});

const x = input("x", "f32", [3]);
const y = softsign(x);
const dx = gradients(sum(y), [x])[0]!;
await using session = await openSession(emit({ name: "softsign", inputs: { x }, outputs: { y, dx } }).bytes);
const results = await session.run({ x: tensorFrom("f32", [3], [-1, 0, 3]) });
console.log(`y  = ${toNumbers(results["y"]!).join(", ")}`);
console.log(`dx = ${toNumbers(results["dx"]!).join(", ")}`);
