/** @file Tests of fusion: what stands where, shared and own weights, and observations that do not fit. */

import { describe, expect, it, test } from "vitest";
import { input, ShapeError, type Tensor } from "#engine/graph";
import { namedParameters, type TracedTree } from "#engine/nn";
import { evaluate, f32, f64, fixedParameters, gradientError, i64, normals, normalValues, parameterTypes, withParameters } from "#testing";
import { imageEncoder } from "./image-encoder.ts";
import { observationEncoder, type ObservationEncoder } from "./observation-encoder.ts";
import { cameraPart, statePart, textPart } from "./observation-parts.ts";
import { stateMlp } from "./state-mlp.ts";
import { textEncoder, textIds } from "./text-encoder.ts";

const [B, O, S] = [2, 2, 3] as const;
const size = [33, 36] as const;
const pixels = 3 * size[0] * size[1];
const camera = imageEncoder({ widths: [16, 16, 16, 16], keypoints: 2, features: 2 });
const texts = textEncoder({ tokens: 4, width: 3, features: 2 });

const state = Array.from({ length: B * O * S }, (_, i) => i);
const [front, wrist] = [1, 2].map((seed) => normals(B * O * pixels, seed).map((value) => 1 / (1 + Math.exp(-value)))) as [number[], number[]];
const ids = Array.from(textIds(["red", "blue"], 4).data, Number);

const values: Readonly<Record<string, readonly number[]>> = { observation: state, "image.front": front, "image.wrist": wrist, text: ids };

/** The conditioning f32[B, C] with parameters decided by their names. */
async function conditioningOf(encoder: ObservationEncoder, given = values): Promise<number[]> {
  const names = Object.keys(encoder.inputs);
  const params = fixedParameters(encoder.parameters, normalValues(0.5));
  const fn = (...tensors: Tensor[]): Tensor => encoder.encode(params, Object.fromEntries(names.map((name, i) => [name, tensors[i] as Tensor])));
  const types = Object.values(encoder.inputs).map(({ dtype, shape }) => ({ dtype, shape: shape(B) }));
  const [cond = []] = await evaluate(fn, types, names.map((name) => given[name] ?? []));
  expect(cond).toHaveLength(B * encoder.condSize);
  return cond;
}

/** Features of one camera's images by the encoder with these parameters, [B * O][2]. */
async function seen(part: string, images: readonly number[]): Promise<number[][]> {
  const params = fixedParameters({ [part]: camera.parameters }, normalValues(0.5));
  const own = params[part];
  if (own === undefined) throw new Error(`there is no ${part}`);
  const [y = []] = await evaluate((x) => camera.encode(own, x), [f32(B * O, 3, ...size)], [images]);
  return Array.from({ length: B * O }, (_, i) => y.slice(2 * i, 2 * i + 2));
}

const expectClose = (ours: readonly number[], expected: readonly number[]): void => {
  expect(ours).toHaveLength(expected.length);
  ours.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 4));
};

const steps = Array.from({ length: B * O }, (_, i) => i);

test("the state alone is its steps side by side, oldest first", async () => {
  expect(await conditioningOf(observationEncoder(O, { state: statePart(S) }))).toEqual(state);
});

test("every step has its state, its cameras and the instruction, in the order of the parts", async () => {
  const both = cameraPart(["front", "wrist"], camera, { size });
  const cond = await conditioningOf(observationEncoder(O, { state: statePart(S), cameras: both, text: textPart(texts) }));
  const [fronts, wrists] = [await seen("cameras", front), await seen("cameras", wrist)];
  const instruction = await conditioningOf(observationEncoder(1, { text: textPart(texts) }));
  expectClose(cond, steps.flatMap((at) => [
    ...state.slice(S * at, S * (at + 1)),
    ...(fronts[at] ?? []),
    ...(wrists[at] ?? []),
    ...instruction.slice(2 * Math.floor(at / O), 2 * Math.floor(at / O) + 2),
  ]));
});

describe("two cameras", () => {
  const own = observationEncoder(O, { front: cameraPart(["front"], camera, { size }), wrist: cameraPart(["wrist"], camera, { size }) });
  const shared = observationEncoder(O, { cameras: cameraPart(["front", "wrist"], camera, { size }) });

  it("in parts of their own are seen with weights of their own", async () => {
    const [fronts, wrists] = [await seen("front", front), await seen("wrist", wrist)];
    expectClose(await conditioningOf(own), steps.flatMap((at) => [...(fronts[at] ?? []), ...(wrists[at] ?? [])]));
    expect(namedParameters(own.parameters)).toHaveLength(2 * namedParameters(camera.parameters).length);
  });

  it("in one part share them, so that images that change places change the features' places", async () => {
    const cond = await conditioningOf(shared);
    const swapped = await conditioningOf(shared, { "image.front": wrist, "image.wrist": front });
    expectClose(swapped, steps.flatMap((at) => [...cond.slice(4 * at + 2, 4 * at + 4), ...cond.slice(4 * at, 4 * at + 2)]));
    expect(cond).not.toEqual(swapped);
    expect(namedParameters(shared.parameters)).toHaveLength(namedParameters(camera.parameters).length);
  });
});

test("a state with layers of its own goes through them step by step", async () => {
  const mlp = stateMlp({ obsSteps: 1, obsSize: S, hidden: [4], features: 2 });
  const encoder = observationEncoder(O, { state: statePart(S, mlp) });
  const cond = await conditioningOf(encoder);
  const swapped = steps.flatMap((at) => state.slice(S * (at ^ 1), S * ((at ^ 1) + 1)));
  const other = await conditioningOf(encoder, { observation: swapped });
  expectClose(other, steps.flatMap((at) => cond.slice(2 * (at ^ 1), 2 * (at ^ 1) + 2)));
});

test("the gradient is that of central differences", async () => {
  const encoder = observationEncoder(O, {
    state: statePart(1, stateMlp({ obsSteps: 1, obsSize: 1, hidden: [2], features: 1 })),
    text: textPart(textEncoder({ tokens: 2, width: 1, features: 1 })),
  });
  const { parameters } = encoder;
  const fn = withParameters(parameters, (p, observation, text) =>
    encoder.encode(p as TracedTree, { observation: observation as Tensor, text: text as Tensor }),
  );
  const types = parameterTypes(parameters, "f64");
  const weights = types.map(({ shape }, i) => normals(shape.reduce((a, b) => a * b, 1), i));
  const error = await gradientError(fn, [...types, f64(1, O, 1), i64(1, 2)], [...weights, [0.3, -0.8], [3, 7]]);
  expect(error).toBeLessThan(1e-6);
});

describe("what does not fit is named", () => {
  const encoder = observationEncoder(O, { state: statePart(S), front: cameraPart(["front"], camera, { size }) });
  const params = fixedParameters(encoder.parameters, normalValues());
  const observation = input("observation", "f32", [B, O, S]);

  it.each([
    [{}, "observationEncoder: there is no observation, only nothing"],
    [{ observation }, "observationEncoder: there is no image.front, only observation"],
    [
      { observation, "image.front": input("x", "f32", [B, O, 3, 36, 33]) },
      "observationEncoder: image.front is f32[2, 2, 3, 36, 33], expected f32[2, 2, 3, 33, 36]",
    ],
    [{ observation: input("x", "i64", [B, O, S]) }, "observationEncoder: observation is i64[2, 2, 3], expected f32[2, 2, 3]"],
  ])("%#", (observations, message) => {
    expect(() => encoder.encode(params, observations)).toThrow(new ShapeError(message));
  });

  it("so are parts that read the same, and no part at all", () => {
    const twice = { a: statePart(S), b: statePart(S) };
    expect(() => observationEncoder(O, twice)).toThrow(new RangeError("observationEncoder: a and b both read observation, expected one part for each"));
    expect(() => observationEncoder(O, {})).toThrow(new RangeError("observationEncoder: got no part, expected at least one"));
  });

  it("and features that are not those of the steps", () => {
    const odd = { ...statePart(S), size: S + 1 };
    expect(() => observationEncoder(O, { odd }).encode({ odd: {} }, { observation })).toThrow(
      new ShapeError("observationEncoder: features of odd are f32[2, 2, 3], expected [2, 2, 4]"),
    );
  });
});
