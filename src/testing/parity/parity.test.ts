/** @file Parity with the golden files in the repository, and that parity can fail. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, tensorFrom, toNumbers, type HostTensor } from "#engine/array";
import { checkParity, PARITY_MODULES } from "./parity.ts";

const FOLDER = "fixtures/golden";
const bytesOf = (name: string): Uint8Array => readFileSync(`${FOLDER}/${name}`);
const moduleOf = (name: string): string => decodeSafetensors(bytesOf(name)).metadata["module"] ?? "";
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".safetensors") && PARITY_MODULES.includes(moduleOf(name)));

/** The file with other tensors or metadata. */
function changed(name: string, change: (tensors: Record<string, HostTensor>, metadata: Record<string, string>) => void): Uint8Array {
  const content = decodeSafetensors(bytesOf(name));
  const [tensors, metadata] = [{ ...content.tensors }, { ...content.metadata }];
  change(tensors, metadata);
  return encodeSafetensors(tensors, metadata);
}

function times(tensor: HostTensor | undefined, factor: number): HostTensor {
  if (tensor === undefined) throw new Error("the file has no such tensor");
  return tensorFrom(tensor.dtype, tensor.shape, toNumbers(tensor).map((value) => value * factor));
}

test("every module has a golden file", () => {
  expect(new Set(files.map(moduleOf))).toEqual(new Set(PARITY_MODULES));
});

test.each(files)("what is built here agrees with %s", async (name) => {
  const report = await checkParity(bytesOf(name));
  expect(report.comparisons.filter(({ error, tolerance }) => !(error < tolerance))).toEqual([]);
  expect(report.pass).toBe(true);
});

test("networks agree in every output and every gradient", async () => {
  const { comparisons, maxOutputError, maxGradientError } = await checkParity(bytesOf("dp_unet_film.safetensors"));
  const stored = Object.keys(decodeSafetensors(bytesOf("dp_unet_film.safetensors")).tensors).filter((name) => /^(output|grad)\./.test(name));
  expect(comparisons.map(({ name }) => name).toSorted()).toEqual(stored.toSorted());
  expect(maxOutputError).toBeLessThan(1e-5);
  expect(maxGradientError).toBeLessThan(1e-4);
  expect(maxGradientError).toBeGreaterThan(0);
});

test("encoders agree in every output and every gradient", async () => {
  const bytes = bytesOf("resnet18_groupnorm.safetensors");
  const { comparisons } = await checkParity(bytes);
  const stored = Object.keys(decodeSafetensors(bytes).tensors).filter((name) => /^(output|grad)\./.test(name));
  expect(comparisons.map(({ name }) => name).toSorted()).toEqual(stored.toSorted());
});

test("losses are run in float64, which their errors are reported in, and in float32", async () => {
  const { comparisons, maxGradientError } = await checkParity(bytesOf("gmm_nll.safetensors"));
  expect(new Set(comparisons.map(({ dtype }) => dtype))).toEqual(new Set(["f64", "f32"]));
  expect(comparisons).toHaveLength(2 * 4);
  expect(maxGradientError).toBeLessThan(1e-12);
});

describe("parity fails", () => {
  it.each([
    ["dp_unet_film.safetensors", "param.up_modules.0.2.conv.weight"],
    ["dp_unet_bias.safetensors", "param.mid_modules.1.cond_encoder.1.weight"],
    ["dp_transformer.safetensors", "param.decoder.layers.1.self_attn.in_proj_bias"],
    ["dp_transformer.safetensors", "output.out"],
    ["dp_unet_film.safetensors", "grad.final_conv.0.block.1.bias"],
    ["resnet18_groupnorm.safetensors", "param.backbone.6.0.downsample.0.weight"],
    ["resnet18_groupnorm.safetensors", "grad.backbone.0.weight"],
    ["resnet18_groupnorm.safetensors", "output.image_grad"],
    ["huber.safetensors", "input.target"],
    ["ddpm_forward.safetensors", "output.alphas_cumprod"],
  ])("when one tensor of %s is off by one percent: %s", async (name, tensor) => {
    const report = await checkParity(changed(name, (tensors) => void (tensors[tensor] = times(tensors[tensor], 1.01))));
    expect(report.pass).toBe(false);
  });

  it("when a gradient that should be zero is not", async () => {
    const name = "resnet18_groupnorm.safetensors";
    const bytes = changed(name, (tensors) => void (tensors["grad.pool.nets.bias"] = tensorFrom("f32", [8], [0, 0, 0, 1e-5, 0, 0, 0, 0])));
    const { comparisons } = await checkParity(bytes);
    const wrong = comparisons.filter(({ error, tolerance }) => !(error < tolerance));
    expect(wrong.map(({ name }) => name)).toEqual(["grad.pool.nets.bias"]);
    expect(wrong[0]?.error).toBeCloseTo(1e-5, 7);
  });

  it("when a value is no number", async () => {
    const report = await checkParity(changed("dp_unet_film.safetensors", (tensors) => void (tensors["grad.final_conv.1.bias"] = times(tensors["grad.final_conv.1.bias"], NaN))));
    expect(report.pass).toBe(false);
    expect(report.maxGradientError).toBeNaN();
  });

  it("when a parameter is missing, left over, or of another shape, and names all of them", async () => {
    const bytes = changed("dp_unet_film.safetensors", (tensors) => {
      tensors["param.extra"] = tensorFrom("f32", [1], [0]);
      tensors["param.final_conv.1.weight"] = tensorFrom("f32", [2, 16], Array<number>(32).fill(0));
      delete tensors["param.final_conv.1.bias"];
    });
    const problems = "extra is not in the network; final_conv.1.weight is f32[2, 16], expected f32[2, 16, 1]; final_conv.1.bias is missing";
    await expect(checkParity(bytes)).rejects.toThrow(`importConditionalUnet: the weights are of another network: ${problems}`);
  });

  it("when the file is cut off", async () => {
    await expect(checkParity(bytesOf("mse.safetensors").subarray(0, -8))).rejects.toThrow("decodeSafetensors");
  });

  it.each([
    ["input.target", "the file has no input.target, it has prediction"],
    ["output.loss", "the file holds no output.… to compare with"],
  ])("when the file has no %s", async (tensor, message) => {
    await expect(checkParity(changed("mse.safetensors", (tensors) => void delete tensors[tensor]))).rejects.toThrow(message);
  });

  it("when the module is not known, and names those that are", async () => {
    const bytes = changed("mse.safetensors", (_, metadata) => void (metadata["module"] = "toString"));
    await expect(checkParity(bytes)).rejects.toThrow(/^module toString is not known yet; known are ConditionalUnet1D, TransformerForDiffusion, resnet18_groupnorm, mse, /);
  });

  it("when the network is one that is not built here", async () => {
    const bytes = changed("dp_transformer.safetensors", (_, metadata) => void (metadata["config"] = metadata["config"]?.replace('"cond_dim": 20, ', "") ?? ""));
    await expect(checkParity(bytes)).rejects.toThrow("its config is of nothing built here: cond_dim: expected observations");
  });
});
