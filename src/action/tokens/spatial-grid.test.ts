import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rng } from "#engine/array";
import { fitCodec, fitGaussians, gridCodec, parseCodecSpec, spatialEdges, specFromBinPolicy, TokenError, type CodecSpecInput } from "./index.ts";

type Variant = "uniform" | "plus_min_sigma_0.5" | "plus_min_sigma_0.0" | "bridge_min_sigma_0.0" | "fractal_min_sigma_0.0";
type ByVariant<Value> = Readonly<Record<Variant, Value>>;
interface GoldenAxis {
  readonly edges: number[];
  readonly mu: number;
  readonly sigma_raw: number;
}
interface Coded {
  readonly rel_ids: number[][];
  readonly abs_ids?: number[][];
  readonly decoded: number[][];
}
const read = <T>(name: string): T => JSON.parse(readFileSync(`fixtures/golden/tokens/spatialvla_${name}.json`, "utf8"));

const edges: { readonly variants: ByVariant<Readonly<Record<string, GoldenAxis>>>; readonly hf_published: Readonly<Record<string, Readonly<Record<string, number[]>>>> } =
  read("bin_edges");
const tokens: { readonly actions: number[][]; readonly variants: ByVariant<Coded> } = read("tokens");
const edgeCases: { readonly names: string[]; readonly actions: number[][]; readonly variants: ByVariant<Coded> } = read("edge_cases");
const clip: { readonly abs_ids: number[][]; readonly decoded: ByVariant<number[][]> } = read("decode_clip");

const VARIANTS = Object.keys(edges.variants) as Variant[]; // the keys the type names
const AXES = ["theta", "phi", "r", "roll", "pitch", "yaw"] as const;

/** Gaussians of a variant, from which the codec makes its edges. */
function gaussianSpec(variant: Variant): CodecSpecInput {
  const axis = (name: string): { mu: number; sigma: number } => {
    const { mu = NaN, sigma_raw: sigma = NaN } = edges.variants[variant][`${name}_bins`] ?? {};
    return { mu, sigma };
  };
  const [theta, phi, r, roll, pitch, yaw] = AXES.map(axis);
  const gaussians = variant === "uniform" ? null : { theta, phi, r, roll, pitch, yaw };
  return { scheme: "spatialvla", gaussians, minSigma: variant.endsWith("0.5") ? 0.5 : 0 } as CodecSpecInput; // all six are there
}

/** The stored edges of a variant, as a published `bin_policy` has them. */
function publishedSpec(variant: Variant): CodecSpecInput {
  const of = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [`${name}_bins`, edges.variants[variant][`${name}_bins`]?.edges]));
  const config = { bin_policy: { translation: of(AXES.slice(0, 3)), rotation: of(AXES.slice(3)) } };
  const spec = specFromBinPolicy(config);
  if (spec === undefined) throw new Error("the golden edges are no bin_policy");
  return spec;
}

function coded(spec: CodecSpecInput, actions: readonly number[][]): { ids: number[][]; absolute: number[][]; decoded: number[][]; clamped: number[] } {
  const codec = gridCodec(spec);
  const ids = new Int32Array(3);
  const action = new Float64Array(7);
  const result = { ids: [] as number[][], absolute: [] as number[][], decoded: [] as number[][], clamped: [] as number[] };
  for (const values of actions) {
    result.clamped.push(codec.encode(values, ids));
    codec.decode(ids, action);
    result.ids.push([...ids]);
    result.absolute.push(Array.from(ids, (id) => codec.absoluteId?.(id) ?? NaN));
    result.decoded.push([...action]);
  }
  return result;
}

const furthest = (a: readonly number[][], b: readonly number[][]): number =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - (b[i]?.[j] ?? NaN)))));

describe.each(VARIANTS)("%s", (variant) => {
  const golden = tokens.variants[variant];

  test("ids of 100 actions are exact; values are within 1e-12 with the stored edges, 1e-9 with our own", () => {
    const stored = coded(publishedSpec(variant), tokens.actions);
    const own = coded(gaussianSpec(variant), tokens.actions);
    expect(tokens.actions).toHaveLength(100);
    for (const { ids, absolute } of [stored, own]) {
      expect(ids).toEqual(golden.rel_ids);
      expect(absolute).toEqual(golden.abs_ids);
    }
    expect(furthest(stored.decoded, golden.decoded)).toBeLessThan(1e-12);
    expect(furthest(own.decoded, golden.decoded)).toBeLessThan(1e-9);
  });

  test("48 named edge cases are exact with the stored edges: zeros of both signs, the seam, values on and just below edges", () => {
    const { ids, decoded } = coded(publishedSpec(variant), edgeCases.actions);
    const wrong = edgeCases.names.filter((_, i) => String(ids[i]) !== String(edgeCases.variants[variant].rel_ids[i]));
    expect(edgeCases.names).toHaveLength(48);
    expect(wrong).toEqual([]);
    expect(furthest(decoded, edgeCases.variants[variant].decoded)).toBeLessThan(1e-12);
  });

  test("legal ids decode as upstream; ids that upstream moves into range are refused with their position", () => {
    const codec = gridCodec(publishedSpec(variant));
    const action = new Float64Array(7);
    const outcomes = clip.abs_ids.map((absolute, i) => {
      try {
        codec.decode(absolute.map((id) => id - 257153), action);
      } catch (error) {
        return error instanceof TokenError ? error.position : error;
      }
      return furthest([[...action]], [clip.decoded[variant][i] ?? []]) < 1e-12;
    });
    // Below the first token; the last of each range; above all; padding; legal; a text token.
    expect(outcomes).toEqual([0, true, 0, 0, true, 0]);
  });
});

test("values outside [-1, 1] are counted, on an edge or below it by rounding alone", () => {
  const count = (action: number[]): number | undefined => coded({ scheme: "spatialvla", gaussians: null }, [action]).clamped[0];
  expect(count([3, -2, 1.5, 2, -2, 9, 2])).toBe(7);
  expect(count([1, -1, 0, 0, 1, -1, 1])).toBe(0);
  expect(count([0, 0, 0, -1.0000000000000002, 0, 0, 0])).toBe(1);
});

test("the first golden action under bins of equal width, by hand", () => {
  const { ids, decoded } = coded({ scheme: "spatialvla", gaussians: null }, [[-0.09865392, -0.18148094, 0.93095243, -0.0099714, -0.96651721, -0.20271084, 1]]);
  // θ = 0.218 → 1, φ = -2.069 → 5, r = 0.954 → 4; roll → 7, pitch → 0, yaw → 6; open.
  expect(ids).toEqual([[1 * 256 + 5 * 8 + 4, 4096 + 7 * 256 + 6, 8193]]);
  expect(decoded[0]?.slice(3)).toEqual([-0.0625, -0.9375, -0.1875, 1]);
});

test("the published bins of the pre-trained model are not those of its released Gaussians", () => {
  const ours = spatialEdges(parseCodecSpec(gaussianSpec("plus_min_sigma_0.5")) as Parameters<typeof spatialEdges>[0]); // of this scheme
  const published = edges.hf_published["spatialvla-4b-224-pt"] ?? {};
  const gap = Math.max(...(published["roll_bins"] ?? []).map((edge, i) => Math.abs(edge - (ours.roll[i] ?? NaN))));
  expect(gap).toBeGreaterThan(0.005);
  // N(μ, ½) with the mean solved back from the published edges gives them to the last digits.
  const gaussian = { mu: -0.027831684347476713, sigma: 0.5 };
  const gaussians = { ...Object.fromEntries(AXES.map((axis) => [axis, { mu: 0, sigma: 1 }])), roll: gaussian };
  const again = spatialEdges(parseCodecSpec({ scheme: "spatialvla", gaussians }) as Parameters<typeof spatialEdges>[0]);
  expect(Math.max(...(published["roll_bins"] ?? []).map((edge, i) => Math.abs(edge - (again.roll[i] ?? NaN))))).toBeLessThan(1e-12);
});

test("without cells for it zero creeps; with them it stays, and other actions decode as before", () => {
  const spec = gaussianSpec("plus_min_sigma_0.5");
  const zero = [[0, 0, 0, 0, 0, 0, 0]];
  expect(Math.abs(coded(spec, zero).decoded[0]?.[2] ?? NaN)).toBeGreaterThan(0.09);
  const codec = gridCodec({ ...spec, zeroCell: true } as CodecSpecInput);
  expect(codec.vocabulary).toBe(8196);
  expect(codec.slots.map(({ offset }) => offset)).toEqual([0, 4097, 8194]);
  expect(codec.absoluteId).toBeUndefined();
  const withZero = { ...spec, zeroCell: true } as CodecSpecInput;
  expect(coded(withZero, zero)).toMatchObject({ ids: [[4096, 8193, 8194]], decoded: zero });
  const far = tokens.actions.filter(([x = 0, y = 0, z = 0, roll = 0, pitch = 0, yaw = 0]) => Math.hypot(x, y, z) > 0.3 && Math.hypot(roll, pitch, yaw) > 0.3);
  expect(far.length).toBeGreaterThan(50);
  expect(coded(withZero, far).decoded).toEqual(coded(spec, far).decoded);
});

test("decoding to means keeps the ids and lowers the squared error under the fitted Gaussians", () => {
  const random = rng(5, "means");
  const actions = Array.from({ length: 2000 }, () => Array.from({ length: 7 }, () => Math.max(-1, Math.min(1, 0.3 * random.normal()))));
  const fitted = fitCodec("spatialvla", Float32Array.from(actions.flat()), 7, { minSigma: 0 });
  const middle = coded(fitted, actions);
  const mean = coded({ ...fitted, decoding: "mean" } as CodecSpecInput, actions);
  const squared = ({ decoded }: { decoded: number[][] }): number =>
    decoded.flatMap((row, i) => row.slice(0, 6).map((value, j) => (value - (actions[i]?.[j] ?? NaN)) ** 2)).reduce((sum, value) => sum + value, 0);
  expect(mean.ids).toEqual(middle.ids);
  expect(squared(mean)).toBeLessThan(0.9 * squared(middle));
});

test("a fit holds means and deviations of θ, φ, r and the angles, of actions clamped to [-1, 1]", () => {
  const values = Float32Array.of(3, 0, 0, 0.5, 0, 0.25, 1, 0, 1, 0, -0.5, 0, 0.25, 0);
  const quarter = Math.PI / 4;
  expect(fitGaussians({ values, actionSize: 7 })).toEqual({
    theta: { mu: Math.PI / 2, sigma: 0 },
    phi: { mu: quarter, sigma: quarter },
    r: { mu: 1, sigma: 0 },
    roll: { mu: 0, sigma: 0.5 },
    pitch: { mu: 0, sigma: 0 },
    yaw: { mu: 0.25, sigma: 0 },
  });
  expect(fitCodec("spatialvla", values, 7)).toMatchObject({ minSigma: 0.5, zeroCell: false, decoding: "middle" });
  expect(() => fitCodec("spatialvla", values, 2)).toThrow("actions have 2 dimensions, expected 7");
});

test("the released files of Gaussians are taken as they are, with the keys they have besides", () => {
  const spec = gaussianSpec("bridge_min_sigma_0.0") as Extract<CodecSpecInput, { scheme: "spatialvla" }>; // made above
  const released = { ...spec, gaussians: { ...spec.gaussians, x: { mu: 0, sigma: 1 } } } as CodecSpecInput;
  expect(gridCodec(released).slots).toEqual(gridCodec(spec).slots);
});

test("edges that do not increase, are too few, or cannot have means are refused by name", () => {
  const published = publishedSpec("uniform") as Extract<CodecSpecInput, { scheme: "spatialvla" }>; // made above
  const { edges: bins } = published;
  const withRoll = (roll: readonly number[] | undefined): CodecSpecInput => ({ ...published, edges: { ...bins, roll } }) as CodecSpecInput;
  expect(() => gridCodec(withRoll(bins?.roll.toReversed()))).toThrow("spatialvla codec spec: edges.roll: expected edges that increase");
  expect(() => gridCodec(withRoll([-1, 1]))).toThrow(/edges\.roll/);
  expect(() => gridCodec({ ...published, decoding: "mean" })).toThrow("give the Gaussians they were made from");
});

test("anything but a processor configuration or its bin_policy is no bin_policy", () => {
  for (const value of [null, 3, {}, { bin_policy: null }, { translation: {} }]) expect(specFromBinPolicy(value)).toBeUndefined();
});
