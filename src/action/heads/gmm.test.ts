/** @file Laws of the mixture head: one component per chunk, its likelihood, how it acts, and that it keeps both of two ways. */

import { describe, expect, test } from "vitest";
import { gmmNll, type GaussianMixture } from "#action/losses";
import { hostTensor, rng, zeros, type HostTensor } from "#engine/array";
import { add, emit, gradients, input, log, reshape, softplus, tanh, type Tensor } from "#engine/graph";
import { initialParameters, mapParameters, namedParameters } from "#engine/nn";
import { fusedAdamW, parameterArena } from "#engine/optim";
import { openSession } from "#engine/runtime/node";
import { bool, evaluate, f32, fixedParameters, normals, onlyValues } from "#testing";
import { gmmHead, type GmmHeadOptions } from "./gmm.ts";
import { mlpTrunk, noTrunk } from "./trunk.ts";

const [B, H, A, C, M] = [2, 3, 2, 4, 3] as const;
const chunk = { horizon: H, actionSize: A };
const [cond, actions] = [normals(B * C, 1), normals(B * H * A, 2).map((value) => value / 2)];
const isPad = [0, 0, 1, 0, 1, 1];

/** A head that says the same whatever it observes, given biases alone. */
const headOf = (options: GmmHeadOptions = {}) => gmmHead(noTrunk(C), chunk, { modes: M, ...options });

describe("likelihood", () => {
  const lossOf = async (options: GmmHeadOptions, values: Readonly<Record<string, readonly number[]>>): Promise<number> => {
    const head = headOf(options);
    const loss = (c: Tensor, a: Tensor, p: Tensor): Tensor => head.loss(fixedParameters(head.parameters, onlyValues(values)), c, { actions: a, isPad: p }, {}).loss;
    const [[value = NaN] = []] = await evaluate(loss, [f32(B, C), f32(B, H, A), bool(B, H)], [cond, actions, isPad]);
    return value;
  };
  const [logits, means, scales] = [[0.3, -1, 0.5], normals(M * H * A, 5), normals(M * H * A, 6)];
  const minScale = 0.01;
  const logNormal = (a: number, m: number, at: number): number => {
    const mean = Math.tanh(means[m * H * A + at] ?? NaN);
    const sigma = Math.log1p(Math.exp(scales[m * H * A + at] ?? NaN)) + minScale;
    return -(((a - mean) / sigma) ** 2) / 2 - Math.log(sigma) - Math.log(2 * Math.PI) / 2;
  };

  test("by hand: one weight for the whole chunk, valid steps alone, divided by their number", async () => {
    const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
    let expected = 0;
    for (let b = 0; b < B; b++) {
      const perMode = logits.map((logit, m) => {
        let logP = logit - Math.log(total);
        for (let i = 0; i < H * A; i++) if (isPad[b * H + Math.floor(i / A)] === 0) logP += logNormal(actions[b * H * A + i] ?? NaN, m, i);
        return logP;
      });
      expected -= Math.log(perMode.reduce((sum, value) => sum + Math.exp(value), 0)) / 3;
    }
    expect(await lossOf({}, { "logits.bias": logits, "means.bias": means, "scales.bias": scales })).toBeCloseTo(expected, 4);
  });

  test("with a mixture per step it is gmmNll", async () => {
    const perStep = { logits: normals(H * M, 7), means: normals(H * M * A, 8), scales: normals(H * M * A, 9) };
    const values = Object.fromEntries(Object.entries(perStep).map(([name, list]) => [`${name}.bias`, list]));
    const twice = (list: readonly number[]): number[] => [...list, ...list];
    const nll = (l: Tensor, m: Tensor, s: Tensor, a: Tensor, p: Tensor): Tensor => {
      const mixture: GaussianMixture = { logits: l, means: tanh(m), logScales: log(add(softplus(s), minScale)) };
      return gmmNll(mixture, a, { isPad: p });
    };
    const specs = [f32(B, H, M), f32(B, H, M, A), f32(B, H, M, A), f32(B, H, A), bool(B, H)];
    const [[expected = NaN] = []] = await evaluate(nll, specs, [twice(perStep.logits), twice(perStep.means), twice(perStep.scales), actions, isPad]);
    expect(await lossOf({ joint: false }, values)).toBeCloseTo(expected, 4);
  });

  test("with one component the chunk's mixture and the steps' are the same", async () => {
    const values = { "means.bias": means.slice(0, H * A), "scales.bias": scales.slice(0, H * A) };
    expect(await lossOf({ modes: 1 }, values)).toBeCloseTo(await lossOf({ modes: 1, joint: false }, values), 5);
  });
});

describe("acting", () => {
  const draws = 3000;
  const weights = [0.6, 0.1, 0.3];
  const means = normals(M * H * A, 5);
  const values = { "logits.bias": weights.map(Math.log), "means.bias": means, "scales.bias": Array<number>(M * H * A).fill(-1) };
  const sample = async (options: GmmHeadOptions): Promise<number[][]> => {
    const head = headOf(options);
    const size = head.noiseShape[0] ?? 0;
    const many = (c: Tensor, z: Tensor): Tensor => head.sample(fixedParameters(head.parameters, onlyValues(values)), c, z);
    const [flat = []] = await evaluate(many, [f32(draws, C), f32(draws, size)], [normals(draws * C, 3), normals(draws * size, 4)]);
    return Array.from({ length: draws }, (_, i) => flat.slice(i * H * A, (i + 1) * H * A));
  };
  const meanOf = (m: number): number[] => means.slice(m * H * A, (m + 1) * H * A).map(Math.tanh);
  const distance = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))));
  const nearest = (sampled: readonly number[]): number => [0, 1, 2].find((m) => distance(sampled, meanOf(m)) < 1e-3) ?? -1;

  test("a chunk is the mean of one component throughout, each drawn as often as it weighs", async () => {
    const drawn = (await sample({})).map(nearest);
    expect(drawn).not.toContain(-1);
    weights.forEach((weight, m) => expect(Math.abs(drawn.filter((i) => i === m).length / draws - weight)).toBeLessThan(0.03));
  });

  test("the most likely component is always the same", async () => {
    expect(new Set((await sample({ choose: "most-likely" })).map(nearest))).toEqual(new Set([0]));
  });

  test("a mixture per step mixes components within a chunk", async () => {
    const perStep = { "logits.bias": [0, 1, 2].flatMap(() => weights.map(Math.log)), "means.bias": [0, 1, 2].flatMap((h) => [0, 1, 2].flatMap((m) => means.slice((m * H + h) * A, (m * H + h + 1) * A))) };
    const head = headOf({ joint: false });
    const size = head.noiseShape[0] ?? 0;
    const many = (c: Tensor, z: Tensor): Tensor => head.sample(fixedParameters(head.parameters, onlyValues(perStep)), c, z);
    const [flat = []] = await evaluate(many, [f32(draws, C), f32(draws, size)], [normals(draws * C, 3), normals(draws * size, 4)]);
    const whole = Array.from({ length: draws }, (_, i) => nearest(flat.slice(i * H * A, (i + 1) * H * A))).filter((m) => m >= 0);
    // 0.6³ + 0.1³ + 0.3³ of the chunks happen to be of one component.
    expect(Math.abs(whole.length / draws - 0.244)).toBeLessThan(0.03);
  });

  test("without low noise it draws with the deviation learned", async () => {
    const drawn = await sample({ choose: "most-likely", lowNoise: false });
    const sigma = Math.log1p(Math.exp(-1)) + 0.01;
    const errors = drawn.flatMap((sampled) => sampled.map((value, i) => value - (meanOf(0)[i] ?? NaN)));
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
    expect(deviation / sigma).toBeCloseTo(1, 1.5);
  });
});

test.each([
  [{ modes: 0 }, "gmmHead: modes is 0, expected an integer ≥ 1"],
  [{ minScale: 0 }, "gmmHead: minScale is 0, expected a number above 0"],
  [{ meanLimit: -1 }, "gmmHead: meanLimit is -1, expected a number above 0"],
])("options out of range are refused: %o", (options, message) => {
  expect(() => headOf(options)).toThrow(new RangeError(message));
});

test("what does not fit the chunk is named", () => {
  const head = headOf();
  const params = fixedParameters(head.parameters, onlyValues({}));
  const loss = (a: Tensor, p: Tensor) => () => head.loss(params, input("c", "f32", [B, C]), { actions: a, isPad: p }, {});
  expect(loss(input("a", "f32", [B, H, A + 1]), input("p", "bool", [B, H]))).toThrow("gmmHead: actions is f32[2, 3, 3], expected [2, 3, 2]");
  expect(loss(input("a", "f32", [B, H, A]), input("p", "bool", [B, H + 1]))).toThrow("gmmHead: isPad is bool[2, 4], expected [2, 3]");
});

describe("learning two ways", () => {
  const [batch, horizon, size] = [64, 8, 2] as const;
  const ways = { horizon, actionSize: size };
  /** Go forward and turn left or right at once, with a little noise: demonstrations of a fork. */
  const demonstrate = (step: number, actions: Float32Array, observed: Float32Array): void => {
    const random = rng(step, "fork");
    random.fillNormal(actions);
    for (let b = 0; b < batch; b++) {
      const side = random.uniform() < 0.5 ? -1 : 1;
      observed[b] = 2 * random.uniform() - 1;
      for (let h = 0; h < horizon; h++) {
        const at = (b * horizon + h) * size;
        actions[at] = 0.5 + 0.02 * (actions[at] ?? 0);
        actions[at + 1] = side * 0.6 * Math.sin(((h + 1) / horizon) * Math.PI * 0.5) * (1 + 0.2 * (observed[b] ?? 0)) + 0.02 * (actions[at + 1] ?? 0);
      }
    }
  };

  test.each([0, 1, 2])("keeps at least three in ten of each and next to nothing in between, from seed %i", async (seed) => {
    const head = gmmHead(mlpTrunk({ condSize: 1, width: 32, blocks: 1 }), ways);
    const specs = namedParameters(head.parameters);
    const arena = parameterArena(specs, { ema: false });
    for (const [name, { data }] of Object.entries(initialParameters(head.parameters, seed))) arena.params.get(name)?.set(data);
    const tensors = (arrays: typeof arena.params, prefix: string): Record<string, HostTensor<"f32">> =>
      Object.fromEntries(specs.map(({ name, shape }) => [prefix + name, hostTensor("f32", shape, arrays.get(name) ?? new Float32Array())]));

    const inputs: Record<string, Tensor> = {};
    const params = mapParameters(head.parameters, ({ name, shape }) => (inputs[name] = input(name, "f32", shape)));
    const names = Object.keys(inputs);
    const [c, a, p] = [input("cond", "f32", [batch, 1]), input("actions", "f32", [batch, horizon, size]), input("isPad", "bool", [batch, horizon])];
    const { loss } = head.loss(params, c, { actions: a, isPad: p }, {});
    const slopes = gradients(loss, names.map((name) => inputs[name] ?? c));
    const outputs = { loss, ...Object.fromEntries(slopes.map((slope, i) => [`g/${names[i]}`, slope])) };
    await using session = await openSession(emit({ name: "fork", inputs: { ...inputs, cond: c, actions: a, isPad: p }, outputs }).bytes, { threads: 1 });
    const [observed, shown] = [zeros("f32", [batch, 1]), zeros("f32", [batch, horizon, size])];
    const feeds = { cond: observed, actions: shown, isPad: zeros("bool", [batch, horizon]), ...tensors(arena.params, "") };
    const call = session.bind(feeds, { loss: zeros("f32", []), ...tensors(arena.gradients, "g/") });
    const optimizer = fusedAdamW(arena, { clipNorm: 1 });
    for (let step = 1; step <= 400; step++) {
      demonstrate(step, shown.data, observed.data);
      await call.run();
      optimizer.step({ lr: 3e-3 * (1 - step / 401), step });
    }

    const draws = 1000;
    const at = (name: string): readonly number[] => Array.from(arena.params.get(name) ?? []);
    const width = head.noiseShape[0] ?? 0;
    const act = (cond: Tensor, noise: Tensor): Tensor => reshape(head.sample(fixedParameters(head.parameters, at), cond, noise), [draws, horizon, size]);
    const [flat = []] = await evaluate(act, [f32(draws, 1), f32(draws, width)], [normals(draws, 1).map(Math.tanh), normals(draws * width, 2)]);
    const ends = Array.from({ length: draws }, (_, i) => flat[(i + 1) * horizon * size - 1] ?? NaN);
    const left = ends.filter((y) => y < -0.4).length / draws;
    const right = ends.filter((y) => y > 0.4).length / draws;
    expect(Math.min(left, right)).toBeGreaterThan(0.3);
    expect(left + right).toBeGreaterThan(0.99);
  }, 30_000);
});
