/** @file Encoders of huggingface/lerobot by the names that golden files give them. */

import { z } from "zod";
import type { HostTensor } from "#engine/array";
import { gradients, input, mean, reshape, slice, square, sub, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters } from "#engine/nn";
import { cameraPart, centreOffset, imageEncoder, imageInput, OBSERVATION, observationEncoder, statePart, type ImageSize } from "#policy/encoders";
import { imageEncoderPlace, importImageEncoder } from "#policy/policies";
import { readConfig, tensorNamed, type ExpectedGradient, type ParityModule } from "./traced-module.ts";

const count = z.number().int().positive();

const resnetConfig = z.object({
  resnet_widths: z.array(count),
  num_keypoints: count,
  image: z.tuple([count, count]),
  crop_shape: z.tuple([count, count]),
  zero_gradients: z.array(z.string()).default([]),
});

/** The crop stands in the graph here, because the file has the gradient of the whole image. */
const resnet18Groupnorm: ParityModule = {
  precisions: () => [{ dtype: "f32", outputTolerance: 1e-4, gradientTolerance: 1e-3 }],
  trace(golden) {
    const config = readConfig(resnetConfig, golden);
    const target = tensorNamed(golden.inputs, "target", "input");
    const encoder = imageEncoder({
      widths: config.resnet_widths,
      keypoints: config.num_keypoints,
      features: target.shape[1] ?? 0,
      normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] },
      activation: "relu",
    });
    const inputs: Record<string, Tensor> = {};
    const params = mapParameters(encoder.parameters, ({ name, shape }) => (inputs[name] = input(name, "f32", shape)));
    const feeds: Record<string, HostTensor> = { ...importImageEncoder(golden.params, encoder.parameters) };
    const given = (name: string): Tensor => {
      const { dtype, shape } = (feeds[`input.${name}`] = tensorNamed(golden.inputs, name, "input"));
      return (inputs[`input.${name}`] = input(`input.${name}`, dtype, shape));
    };
    const image = given("image");

    const crop = centreCrop(image, config.image, config.crop_shape);
    const { stem, stages, keypoints, features: out } = encoder.activations(params, crop);
    const loss = mean(square(sub(out, given("target"))));
    const [layer1, layer2, layer3, feature_map] = stages as [Tensor, Tensor, Tensor, Tensor]; // ResNet-18 has four
    const [image_grad] = gradients(loss, [image]) as [Tensor];

    const expected = importImageEncoder(golden.grads, encoder.parameters);
    const slopes = namedParameters(encoder.parameters).map(({ name }): [string, ExpectedGradient[]] => [
      imageEncoderPlace({ name }).name,
      [{ of: inputs[name] as Tensor, expected: expected[name] as ExpectedGradient["expected"] }],
    ]);
    return {
      inputs,
      feeds,
      outputs: { stem, layer1, layer2, layer3, feature_map, keypoints, out, image_grad, loss },
      gradients: Object.fromEntries(slopes),
      zeroGradients: config.zero_gradients,
    };
  },
};

/** @param images f32[..., h, w] */
function centreCrop(images: Tensor, size: ImageSize, crop: ImageSize): Tensor {
  const [top, left] = centreOffset(size, crop);
  const [down, across] = [images.shape.length - 2, images.shape.length - 1];
  return slice(slice(images, down, top, top + crop[0]), across, left, left + crop[1]);
}

const conditioningConfig = resnetConfig.extend({ cameras: count, state_dim: count, n_obs_steps: count });

/** State and cameras that share their weights, fused; one camera's features also by themselves. */
const lerobotConditioning: ParityModule = {
  precisions: () => [{ dtype: "f32", outputTolerance: 1e-4, gradientTolerance: 1e-3 }],
  trace(golden) {
    const config = readConfig(conditioningConfig, golden);
    const camera = imageEncoder({
      widths: config.resnet_widths,
      keypoints: config.num_keypoints,
      normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] },
      activation: "relu",
    });
    const names = Array.from({ length: config.cameras }, (_, i) => `${i}`);
    const encoder = observationEncoder(config.n_obs_steps, {
      state: statePart(config.state_dim),
      cameras: cameraPart(names, camera, { size: config.crop_shape }),
    });
    const inputs: Record<string, Tensor> = {};
    const feeds: Record<string, HostTensor> = { ...importImageEncoder(golden.params, camera.parameters) };
    const given = (name: string): Tensor => {
      const { dtype, shape } = (feeds[`input.${name}`] = tensorNamed(golden.inputs, name, "input"));
      return (inputs[`input.${name}`] = input(`input.${name}`, dtype, shape));
    };
    const cameras = mapParameters(camera.parameters, ({ name, shape }) => (inputs[name] = input(name, "f32", shape)));
    const images = names.map((name) => centreCrop(given(`image_${name}`), config.image, config.crop_shape));
    const seen = Object.fromEntries(names.map((name, i) => [imageInput(name), images[i] as Tensor]));
    const global_cond = encoder.encode({ state: {}, cameras }, { [OBSERVATION]: given("state"), ...seen });
    const alone = images.map((tensor, i) => {
      const flat = reshape(tensor, [-1, ...tensor.shape.slice(2)]);
      return [`rgb_features_${i}`, reshape(camera.encode(cameras, flat), [-1, config.n_obs_steps, camera.condSize])] as const;
    });
    return { inputs, feeds, outputs: { global_cond, ...Object.fromEntries(alone) }, gradients: {} };
  },
};

export const ENCODERS: Readonly<Record<string, ParityModule>> = {
  resnet18_groupnorm: resnet18Groupnorm,
  lerobot_conditioning: lerobotConditioning,
};
