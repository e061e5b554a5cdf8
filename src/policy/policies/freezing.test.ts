/** @file Laws of freezing: what a frozen head keeps has one shape under every conditioning, and the published sizes are exact. */

import { expect, test } from "vitest";
import { sizeOf, tensorFrom } from "#engine/array";
import { initialPolicy } from "./index.ts";
import { FROZEN_HEAD, isTrained, startsFromHead, valuesOfHead, type Freezing } from "./freezing.ts";
import { HEAD_NAMES, headKind } from "./head-kinds.ts";
import { policyNetwork, policyParameters, type PolicyNetwork, type PolicySpec } from "./network.ts";

const SIZES = { horizon: 16, actionSize: 10, integrationSteps: 100, codec: null };
/** Joint positions and gripper of every step, and what a step looks like to the paper's encoder: two cameras of 64 features, and 9 of state. */
const STAGE_1 = { obsSteps: 16, obsSize: 8 };
const STAGE_2 = { obsSteps: 2, obsSize: 137 };
const FROZEN: Freezing = { freeze: "head", trainPositions: true };

const DP_C = { head: "diffusion-unet", width: 2048, blocks: 1 };
const DP_MLP = { head: "diffusion-dp-mlp", width: 256, blocks: 8 };
const DP_T = { head: "diffusion-transformer", width: 256, blocks: 8, horizon: 10 };

/** The network of a specification; nothing is allocated for it. */
const networkOf = (spec: Partial<PolicySpec> & Pick<PolicySpec, "head" | "width" | "blocks">, stage = STAGE_2): PolicyNetwork =>
  policyNetwork({ ...SIZES, ...stage, ...spec });

function countOf(network: PolicyNetwork, roles: readonly string[]): number {
  return policyParameters(network).reduce((total, { role, shape }) => total + (roles.includes(role) ? sizeOf(shape) : 0), 0);
}

const NETWORK = ["stem", "trunk", "output"];
const ALL = Object.keys(FROZEN_HEAD);

// Counted by hand from the released code: MimicGen's down_dims [512, 1024, 2048], kernel 5, 128 features of time.
test("DP-C of width 2048 has the published 243.9 M numbers, 255.6 M with its modulation", () => {
  const network = networkOf(DP_C);
  expect(countOf(network, NETWORK)).toBe(243_925_514);
  expect(countOf(network, ["time"])).toBe(131_712);
  expect(countOf(network, ["modulation"])).toBe(11_554_816);
  expect(countOf(network, ALL)).toBe(255_612_042);
  expect(countOf(networkOf(DP_C, STAGE_1), ["modulation"])).toBe(7_368_704);
});

test("DP-MLP of width 256 has the published 4.2 M numbers in its blocks, 13.5 M with its modulation", () => {
  const network = networkOf(DP_MLP);
  expect(countOf(network, ["trunk"])).toBe(4_208_640);
  expect(countOf(network, [...NETWORK, "time"])).toBe(4_782_346);
  expect(countOf(network, ["modulation"])).toBe(8_699_904);
  expect(countOf(network, ALL)).toBe(13_482_250);
  const first = networkOf(DP_MLP, STAGE_1);
  expect(countOf(first, ["modulation"])).toBe(6_307_840);
  expect(countOf(first, ALL)).toBe(11_090_186);
});

test("DP-T of width 256 has the published 9.0 M numbers, cross-attention among the frozen ones", () => {
  const network = networkOf(DP_T);
  expect(countOf(network, ALL)).toBe(8_997_642);
  const trained = policyParameters(network).filter((spec) => isTrained(spec, FROZEN)).map(({ name }) => name);
  expect(trained).toEqual([
    "head.posEmb", "head.condObsEmb.weight", "head.condObsEmb.bias", "head.condPosEmb",
    "head.encoder.0.weight", "head.encoder.0.bias", "head.encoder.2.weight", "head.encoder.2.bias",
  ]);
  expect(policyParameters(network).some(({ name, role }) => name.includes("multiheadAttn") && role === "trunk")).toBe(true);
});

test("under modulation a frozen head trains the modulation, and where actions stand unless that is left out", () => {
  const modulated = ["unet", "dp-mlp", "transformer-film", "film", "adaln", "adaln-zero", "ada-rms", "additive"];
  for (const head of modulated.map((name) => `diffusion-${name}`)) {
    const specs = policyParameters(networkOf({ head, width: 32, blocks: 2 }));
    const trained = (freezing: Freezing): string[] => [...new Set(specs.filter((spec) => isTrained(spec, freezing)).map(({ role }) => role))].sort();
    const hasPositions = specs.some(({ role }) => role === "position");
    expect(trained(FROZEN)).toEqual(hasPositions ? ["modulation", "position"] : ["modulation"]);
    expect(trained({ freeze: "random", trainPositions: false })).toEqual(["modulation"]);
    expect(trained({ freeze: "none", trainPositions: true })).toEqual([...new Set(specs.map(({ role }) => role))].sort());
  }
});

const UNTOKENIZED = HEAD_NAMES.filter((name) => headKind(name).fitCodec === undefined);

test.each(UNTOKENIZED)("%s: what is kept has one shape under every conditioning, and something is frozen", (head) => {
  const spec = { head, width: 32, blocks: 2, horizon: 8 };
  const [first, second] = [networkOf(spec, { obsSteps: 8, obsSize: 4 }), networkOf(spec, { obsSteps: 2, obsSize: 6 })];
  const kept = valuesOfHead(second, initialPolicy(first, 1), "a");
  expect(Object.keys(kept).length).toBeGreaterThan(2);
  const specs = policyParameters(second);
  const frozen = specs.filter((one) => !isTrained(one, FROZEN));
  expect(frozen.length).toBeGreaterThan(0);
  expect(frozen.every(startsFromHead)).toBe(true);
});

// Upstream's rule: what has the name and the shape it had in stage 1 is loaded, and frozen but for a bias whose weight did not fit, and
// for what is unfrozen by hand. jianzhou0420/DecoupledActionHead at 5950b05, trainer_pl_all.py.
const UNFROZEN_BY_HAND = /^head\.(posEmb|encoder\.[02]\.(weight|bias))$/;

test.each(["unet", "dp-mlp", "transformer", "transformer-film", "film", "adaln", "adaln-zero", "ada-rms", "additive", "prefix"])(
  "%s: roles load and freeze what upstream does by comparing names and shapes",
  (denoiser) => {
    const spec = { head: `diffusion-${denoiser}`, width: 32, blocks: 2, horizon: 8 };
    const shapes = new Map(policyParameters(networkOf(spec, { obsSteps: 8, obsSize: 4 })).map(({ name, shape }) => [name, shape.join()]));
    const specs = policyParameters(networkOf(spec, { obsSteps: 2, obsSize: 6 }));
    const loaded = specs.filter(({ name, shape }) => shapes.get(name) === shape.join()).map(({ name }) => name);
    const anew = specs.filter(({ name }) => name.endsWith(".weight") && !loaded.includes(name)).map(({ name }) => name);
    const isOfNewWeight = (name: string): boolean => name.endsWith(".bias") && anew.includes(name.replace(/bias$/, "weight"));
    const frozen = loaded.filter((name) => !isOfNewWeight(name) && !UNFROZEN_BY_HAND.test(name));
    expect(specs.filter(startsFromHead).map(({ name }) => name)).toEqual(loaded);
    expect(specs.filter((one) => !isTrained(one, FROZEN)).map(({ name }) => name)).toEqual(frozen);
    expect(frozen.length).toBeLessThan(loaded.length);
  },
);

test("of modulation the bias starts from the head and the weight anew", () => {
  expect(startsFromHead({ name: "head.film.bias", role: "modulation" })).toBe(true);
  expect(startsFromHead({ name: "head.film.weight", role: "modulation" })).toBe(false);
  expect(startsFromHead({ name: "head.norm.bias", role: "encoder" })).toBe(false);
});

test("every parameter that a head lacks is named", () => {
  const network = networkOf({ head: "diffusion-dp-mlp", width: 8, blocks: 1 });
  const { "head.lnF.bias": _, ...rest } = initialPolicy(network, 0);
  const head = { ...rest, "head.lnF.weight": tensorFrom("f32", [2], [0, 0]) };
  expect(() => valuesOfHead(network, head, "runs/head")).toThrow(
    "runs/head: the head is of another network: head.lnF.weight is f32[2], expected f32[8]; head.lnF.bias is missing, expected f32[8]",
  );
});
