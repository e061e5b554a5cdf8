/** @file The training graph: parameters, a batch and its random draws in; loss and gradients out. */

import { gradients, input, type Program, type Tensor } from "#engine/graph";
import { mapParameters } from "#engine/nn";
import type { PolicyNetwork } from "#policy/policies";

/** What stands before names in the graph: parameters, their gradients, random draws. */
export const PARAMETER = "p/";
export const GRADIENT = "g/";
export const DRAW = "draw/";

/**
 * The loss of a policy and its gradients, for one batch size.
 *
 * Inputs: `p/<path>` for every parameter, `observation` f32[B, O, S] and `actions` f32[B, H, A] normalized,
 * `isPad` bool[B, H], `draw/<name>` for what the head draws. Outputs: `loss` f32[] and `g/<path>` for every
 * trainable parameter; frozen ones take no part in the backward pass.
 *
 * @param isTrainable by path; default all
 */
export function trainingProgram(
  network: PolicyNetwork,
  batch: number,
  isTrainable: (path: string) => boolean = () => true,
): Program {
  const { spec, encoder, head } = network;
  const inputs: Record<string, Tensor> = {};
  const params = mapParameters(network.parameters, ({ name, shape }) => {
    const tensor = input(PARAMETER + name, "f32", shape);
    inputs[PARAMETER + name] = tensor;
    return tensor;
  });
  const trainable = Object.keys(inputs).filter((name) => isTrainable(name.slice(PARAMETER.length)));
  const observation = input("observation", "f32", [batch, spec.obsSteps, spec.obsSize]);
  const actions = input("actions", "f32", [batch, spec.horizon, spec.actionSize]);
  const isPad = input("isPad", "bool", [batch, spec.horizon]);
  const draws: Record<string, Tensor> = {};
  for (const [name, draw] of Object.entries(head.draws)) draws[name] = input(DRAW + name, "f32", draw.shape(batch));

  const cond = encoder.encode(params.encoder, observation);
  const loss = head.loss(params.head, cond, { actions, isPad }, draws);
  const derivatives = gradients(loss, trainable.map((name) => inputs[name] as Tensor));
  const outputs: Record<string, Tensor> = { loss };
  trainable.forEach((name, i) => {
    outputs[GRADIENT + name.slice(PARAMETER.length)] = derivatives[i] as Tensor;
  });
  Object.assign(inputs, { observation, actions, isPad });
  for (const [name, tensor] of Object.entries(draws)) inputs[DRAW + name] = tensor;
  return { name: "training", inputs, outputs };
}
