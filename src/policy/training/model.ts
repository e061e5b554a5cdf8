/** @file The training graph: parameters, a batch and its random draws in; loss and gradients out. */

import { gradients, input, type Program, type Tensor } from "#engine/graph";
import { mapParameters, type NamedSpec } from "#engine/nn";
import { policyParameters, type PolicyNetwork } from "#policy/policies";

/** What stands before names in the graph: parameters, their gradients, what the host works out for the head, metrics. */
export const PARAMETER = "p/";
export const GRADIENT = "g/";
export const HOST = "host/";
export const METRIC = "metric/";

/**
 * The loss of a policy and its gradients, for one batch size.
 *
 * Inputs: `p/<path>` for every parameter, what the encoder reads, `actions` f32[B, H, A], both normalized,
 * `isPad` bool[B, H], `host/<name>` for the head's host inputs. Outputs: `loss` f32[], `metric/<name>` f32[] for what
 * the head reports, and `g/<path>` for every trainable parameter; frozen ones take no part in the backward pass.
 *
 * @param isTrainable default all
 */
export function trainingProgram(
  network: PolicyNetwork,
  batch: number,
  isTrainable: (spec: NamedSpec) => boolean = () => true,
): Program {
  const { spec, encoder, head } = network;
  const inputs: Record<string, Tensor> = {};
  const params = mapParameters(network.parameters, ({ name, shape }) => {
    const tensor = input(PARAMETER + name, "f32", shape);
    inputs[PARAMETER + name] = tensor;
    return tensor;
  });
  const trainable = policyParameters(network).filter(isTrainable).map(({ name }) => PARAMETER + name);
  const observations: Record<string, Tensor> = {};
  for (const [name, { dtype, shape }] of Object.entries(encoder.inputs)) observations[name] = input(name, dtype, shape(batch));
  const actions = input("actions", "f32", [batch, spec.horizon, spec.actionSize]);
  const isPad = input("isPad", "bool", [batch, spec.horizon]);
  const host: Record<string, Tensor> = {};
  for (const [name, { dtype, shape }] of Object.entries(head.hostInputs)) host[name] = input(HOST + name, dtype, shape(batch));

  const cond = encoder.encode(params.encoder, observations);
  const { loss, metrics } = head.loss(params.head, cond, { actions, isPad }, host);
  const derivatives = gradients(loss, trainable.map((name) => inputs[name] as Tensor));
  const outputs: Record<string, Tensor> = { loss };
  for (const [name, tensor] of Object.entries(metrics)) outputs[METRIC + name] = tensor;
  trainable.forEach((name, i) => {
    outputs[GRADIENT + name.slice(PARAMETER.length)] = derivatives[i] as Tensor;
  });
  Object.assign(inputs, observations, { actions, isPad });
  for (const [name, tensor] of Object.entries(host)) inputs[HOST + name] = tensor;
  return { name: "training", inputs, outputs };
}
