/** @file Encoders of huggingface/lerobot by the names that golden files give them. */

import { z } from "zod";
import type { HostTensor } from "#engine/array";
import { gradients, input, mean, slice, square, sub, type Tensor } from "#engine/graph";
import { mapParameters, namedParameters } from "#engine/nn";
import { centreOffset, imageEncoder } from "#policy/encoders";
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

    const [top, left] = centreOffset(config.image, config.crop_shape);
    const [height, width] = config.crop_shape;
    const crop = slice(slice(image, 2, top, top + height), 3, left, left + width);
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

export const ENCODERS: Readonly<Record<string, ParityModule>> = { resnet18_groupnorm: resnet18Groupnorm };
