/** @file A flow-matching head as an ONNX model: trace its sampler, emit it, run it. */

import { rng, zeros } from "tendon/array";
import { constant, emit, input } from "tendon/graph";
import { flowMatchingHead, residualMlp } from "tendon/heads";
import { initialParameters, mapParameters } from "tendon/nn";
import { openSession } from "tendon/runtime/node";

const chunk = { horizon: 16, actionSize: 2 };
const head = flowMatchingHead(residualMlp(chunk, { condSize: 4, width: 64 }), chunk);
const weights = initialParameters(head.parameters, 0);
const params = mapParameters(head.parameters, ({ name }) => constant(weights[name]!));

const cond = input("cond", "f32", [1, 4]);
const noise = input("noise", "f32", [1, 16, 2]);
const sample = head.sample(params, cond, noise); // ten Euler steps, traced
const { bytes } = emit({ name: "sampler", inputs: { cond, noise }, outputs: { sample } });

await using session = await openSession(bytes); // the same bytes run in a browser
const start = zeros("f32", [1, 16, 2]);
rng(0).fillNormal(start.data);
const result = await session.run({ cond: zeros("f32", [1, 4]), noise: start });
console.log(`${bytes.length} bytes in, chunk of ${result["sample"]?.shape.join(" × ")} out`);
