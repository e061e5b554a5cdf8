import { expect, test } from "vitest";
import { findViolations, importsOf } from "./import-rules.ts";

const messages = (path: string, text: string): string[] =>
  findViolations([{ path, text }]).map((v) => `${v.line}: ${v.message}`);

test("a room may import what its row lists, and nothing else", () => {
  expect(messages("src/engine/nn/linear.ts", `import { add } from "#engine/graph";\n`)).toEqual([]);
  expect(messages("src/engine/nn/linear.ts", `\nimport { openSession } from "#engine/runtime";\n`)).toEqual([
    "2: room nn may not import room runtime",
  ]);
});

test("type imports, re-exports, side effects and dynamic imports all count", () => {
  const text = [
    `import type { Tensor } from "#engine/graph";`,
    `export { x } from "#engine/graph";`,
    `import "#engine/graph";`,
    `import {`,
    `  a,`,
    `} from "#engine/graph";`,
    `const m = await import("#engine/graph");`,
  ].join("\n");
  expect(findViolations([{ path: "src/engine/array/x.ts", text }]).map((v) => v.line)).toEqual([
    1, 2, 3, 6, 7,
  ]);
});

test("words in comments and strings are not imports", () => {
  const text = `/**\n * import { a } from "#engine/graph";\n */\n// import("#engine/graph")\nconst s = "x from";\n`;
  expect(importsOf(text)).toEqual([]);
});

test("a relative import stays in its room", () => {
  expect(messages("src/engine/graph/ops/add.ts", `import { a } from "../op.ts";`)).toEqual([]);
  expect(messages("src/engine/graph/op.ts", `import { a } from "../array/tensor.ts";`)).toEqual([
    "1: a relative import may not leave its room (graph to array); use the room's # name",
  ]);
});

test("node:* stays in the places that need it", () => {
  const text = `import { readFileSync } from "node:fs";`;
  expect(messages("src/world/data/node/zarr.ts", text)).toEqual([]);
  expect(messages("src/engine/runtime/node.ts", text)).toEqual([]);
  expect(messages("src/world/data/zarr.ts", text)).toHaveLength(1);
  expect(messages("src/world/data/zarr.ts", `import fs from "fs";`)).toHaveLength(1);
  expect(messages("src/engine/runtime/web.ts", `import "onnxruntime-node";`)).toHaveLength(1);
});

test("a browser file may not reach Node through a subpath or a neighbour", () => {
  expect(messages("src/policy/training/loop.ts", `import "#world/data/node";`)).toHaveLength(1);
  expect(messages("src/policy/training/loop.ts", `import "./node/run.ts";`)).toHaveLength(1);
  expect(messages("src/policy/training/node/run.ts", `import "#world/data/node";`)).toEqual([]);
});

test("only tests, benchmarks and scripts import testing", () => {
  const text = `import { evaluate } from "#testing";`;
  expect(messages("src/engine/nn/linear.test.ts", text)).toEqual([]);
  expect(messages("bench/step.ts", text)).toEqual([]);
  expect(messages("src/app/cli/main.ts", text)).toEqual(["1: room cli may not import room testing"]);
  expect(messages("examples/01.ts", text)).toHaveLength(1);
});

test("an unknown room is named", () => {
  expect(messages("src/app/cli/main.ts", `import "#engine/grph";`)).toEqual([
    "1: #engine/grph is not a room",
  ]);
});
