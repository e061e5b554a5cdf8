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

test("files hold every form of the networks", () => {
  const configs = (module: string): Record<string, unknown>[] =>
    files.filter((name) => moduleOf(name) === module).map((name) => JSON.parse(decodeSafetensors(bytesOf(name)).metadata["config"] ?? "{}") as Record<string, unknown>);
  const forms = configs("TransformerForDiffusion").map(({ time_as_cond, cond_dim, n_cond_layers, causal_attn, input_dim, output_dim }) => [
    time_as_cond === false ? "time among the actions" : Number(cond_dim ?? 0) > 0 ? "observations" : "time alone",
    time_as_cond !== false && Number(n_cond_layers ?? 0) > 0 ? "encoded" : "plain",
    causal_attn === true ? "causal" : "all see all",
    input_dim === output_dim ? "chunk" : "other width",
  ]);
  const listed = (i: number): unknown[] => [...new Set(forms.map((form) => form[i]))].toSorted();
  expect(listed(0)).toEqual(["observations", "time alone", "time among the actions"]);
  for (const what of listed(0)) expect(new Set(forms.filter(([w]) => w === what).map(([, , causal]) => causal)).size).toBe(2);
  for (const what of ["observations", "time alone"]) expect(new Set(forms.filter(([w]) => w === what).map(([, encoded]) => encoded)).size).toBe(2);
  expect(listed(3)).toEqual(["chunk", "other width"]);
  const unets = configs("ConditionalUnet1D").map(({ local_cond_dim, global_cond_dim }) => `${typeof local_cond_dim} ${typeof global_cond_dim}`);
  expect(new Set(unets)).toEqual(new Set(["undefined number", "number undefined", "number number"]));
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
    ["dp_transformer_encoder_only_causal.safetensors", "param.pos_emb"],
    ["dp_transformer_time_memory_layers.safetensors", "param.encoder.layers.0.linear1.bias"],
    ["dp_unet_local.safetensors", "param.local_cond_encoder.0.cond_encoder.1.weight"],
    ["dp_unet_film.safetensors", "grad.final_conv.0.block.1.bias"],
    ["resnet18_groupnorm.safetensors", "param.backbone.6.0.downsample.0.weight"],
    ["resnet18_groupnorm.safetensors", "grad.backbone.0.weight"],
    ["resnet18_groupnorm.safetensors", "output.image_grad"],
    ["lerobot_conditioning.safetensors", "input.state"],
    ["lerobot_conditioning.safetensors", "param.out.weight"],
    ["huber.safetensors", "input.target"],
    ["ddpm_forward.safetensors", "output.alphas_cumprod"],
    ["pi0_tiny.safetensors", "param.model.state_proj.weight"],
    ["pi0_tiny.safetensors", "grad.model.action_out_proj.weight"],
    ["pi0_tiny.safetensors", "output.sample"],
    ["pi05_tiny.safetensors", "param.model.time_mlp_in.weight"],
    ["pi05_tiny.safetensors", "grad.model.action_in_proj.bias"],
    ["pi05_tiny.safetensors", "output.loss"],
  ])("when one tensor of %s is off by one percent: %s", async (name, tensor) => {
    const report = await checkParity(changed(name, (tensors) => void (tensors[tensor] = times(tensors[tensor], 1.01))));
    expect(report.pass).toBe(false);
  });

  it.each([[3, true], [30, false]])("when a gradient that is 0 differs by more than rounding: by %d ε of the whole gradient", async (times, pass) => {
    const bytes = changed("dp_transformer_time_memory.safetensors", (tensors) => {
      const all = Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith("grad.") ? toNumbers(tensor) : []));
      const name = "grad.decoder.layers.0.norm2.bias"; // of the queries of a memory of one token
      const value = (times * 2 ** -23 * Math.hypot(...all)) / Math.sqrt(8);
      expect(toNumbers(tensors[name] ?? tensorFrom("f32", [0], []))).toEqual(Array<number>(8).fill(0));
      tensors[name] = tensorFrom("f32", [8], Array<number>(8).fill(value));
    });
    expect((await checkParity(bytes)).pass).toBe(pass);
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

});

describe("parity refuses a file", () => {
  it("when the module is not known, and names those that are", async () => {
    const bytes = changed("mse.safetensors", (_, metadata) => void (metadata["module"] = "toString"));
    await expect(checkParity(bytes)).rejects.toThrow(/^module toString is not known yet; known are ConditionalUnet1D, TransformerForDiffusion, resnet18_groupnorm, lerobot_conditioning, pi0, pi05, mse, /);
  });

  it.each([
    ["dp_transformer.safetensors", '"n_emb"', '"time_as_cond": false, "n_emb"', "its config is of nothing built here: cond_dim without time_as_cond"],
    ["dp_unet_film.safetensors", '"kernel_size": 5', '"kernel_size": 4', "conditionalUnet: kernelSize is 4, expected an odd number"],
    ["dp_unet_local.safetensors", '"local_cond_dim": 2', '"local_cond_dim": 3', "local_cond_encoder.0.blocks.0.block.0.weight is f32[16, 2, 3], expected f32[16, 3, 3]"],
  ])("when the network of %s is one that upstream has not, with %s turned into %s", async (name, from, to, message) => {
    const bytes = changed(name, (_, metadata) => void (metadata["config"] = metadata["config"]?.replace(from, to) ?? ""));
    await expect(checkParity(bytes)).rejects.toThrow(message);
  });
});
