/** @file π0's head with a second teacher for the trunk that knows where things are: tokens of the prompt learn to point at them. */

import { maskedMean } from "#action/losses";
import { abs, add, assertShape, greater, mean, mul, sub, type Tensor } from "#engine/graph";
import { linear, linearSpec, zeros, type LinearSpec } from "#engine/nn";
import type { ActionExpertSpec } from "./action-expert.ts";
import type { ActionHead, HostTargets, TypedHostInput } from "./head.ts";
import type { Pi0Condition } from "./pi0.ts";

/** What the trunk knows, and what its tokens that point at things have made of it. */
export interface PointingCondition extends Pi0Condition {
  /** f32[B, P, D] behind each layer of the language model but the last, normalized: of P tokens of the prompt, one for each point. */
  readonly pointing: readonly Tensor[];
}

export interface PointingOptions {
  /** P */
  readonly points: number;
  /** D: width of the language model. */
  readonly width: number;
  /** Of the pointing's errors, in units of 0.1 m, beside the flow's squared errors; left out where a network that can point learns from actions alone. */
  readonly weight?: number | undefined;
}

/** An expert's parameters, with what reads a point off a token. */
export type PointingSpec = ActionExpertSpec & Readonly<{ pointing: LinearSpec }>;

/** Numbers that are read off are in units of this, m, so that they are about as large as others in the network. */
const UNIT_M = 0.1;

/**
 * Flow loss + weight · mean absolute error of where things are, and where they shall be. Tokens of the prompt that ask for it say it, and the expert looks at these
 * tokens as at all others: nothing else changes in acting.
 *
 * A trunk that learns from actions alone has to find out from them where to look: what it can be told at every window, it need not. Every layer of the language model but the
 * last, which only tells what it knows, answers through one linear map, so that the answer is there as early as it can be.
 *
 * Host inputs: those of `head`, `points` f32[B, P, 3] m, and `isPoint` f32[B, P], 0 for a point that is not there. Metrics: `flow`, and `pointing`, the last answer's mean
 * absolute error along an axis, m.
 *
 * @throws RangeError when there is no point, or the weight is not finite and > 0
 *
 * Source: coordinates as a teacher of a vision-language trunk beside actions, π0.5, arXiv:2504.16054, section IV.C; one answer for each layer, with an absolute error: DETR,
 * arXiv:2005.12872, sections 3.1 and A.4.
 */
export function pi0HeadWithPoints<C extends Pi0Condition>(head: ActionHead<ActionExpertSpec, string, C>, options: PointingOptions): ActionHead<PointingSpec, string, C & PointingCondition> {
  const { points, width, weight } = options;
  if (!Number.isInteger(points) || points < 1) throw new RangeError(`pi0HeadWithPoints: points is ${points}, expected a whole number of at least 1`);
  if (weight !== undefined && !(weight > 0 && weight < Infinity)) throw new RangeError(`pi0HeadWithPoints: weight is ${weight}, expected a finite number > 0`);
  const parameters = { ...head.parameters, pointing: linearSpec(width, 3, { role: "encoder", bias: zeros }) };
  if (weight === undefined) return { ...head, parameters };
  return {
    ...head,
    parameters,
    hostInputs: { ...head.hostInputs, ...pointTargets(points) },

    loss(params, cond, targets, { points: told, isPoint, ...draws }) {
      const flow = head.loss(params, cond, targets, draws);
      const given = { told: told as Tensor, isPoint: isPoint as Tensor }; // host inputs
      const errors = cond.pointing.map((tokens) => pointingError(linear(params.pointing, tokens), given));
      const all = mul(errors.reduce(add), 1 / errors.length);
      return { loss: add(flow.loss, mul(all, weight)), metrics: { flow: flow.loss, ...flow.metrics, pointing: mul(errors.at(-1) as Tensor, UNIT_M) } };
    },
  };
}

/** Mean absolute error of answers f32[B, P, 3], in units of 0.1 m, over the points that are there. */
function pointingError(answers: Tensor, { told, isPoint }: { readonly told: Tensor; readonly isPoint: Tensor }): Tensor {
  assertShape(answers, told.shape, "pi0HeadWithPoints: answers");
  const far = mean(abs(sub(answers, mul(told, 1 / UNIT_M))), 2); // [B, P]
  return maskedMean(far, greater(isPoint, 0));
}

/** Where the points are, and which of them are there at all. */
function pointTargets(points: number): Record<"points" | "isPoint", TypedHostInput<"f32">> {
  const given = ({ points: told }: HostTargets, length: number): Float32Array => {
    if (told === undefined) throw new Error("pi0HeadWithPoints: nothing says where things are in what is learned from, expected points beside the actions");
    if (told.length !== length) throw new RangeError(`pi0HeadWithPoints: a batch has ${told.length} numbers of points, expected ${length}: ${points} points of 3 for each window`);
    return told;
  };
  return {
    points: {
      dtype: "f32",
      shape: (batch) => [batch, points, 3],
      write: (out, _random, targets) => given(targets, out.length).forEach((value, i) => (out[i] = Number.isNaN(value) ? 0 : value)),
    },
    isPoint: {
      dtype: "f32",
      shape: (batch) => [batch, points],
      write(out, _random, targets) {
        const told = given(targets, 3 * out.length);
        for (let i = 0; i < out.length; i++) out[i] = told.subarray(3 * i, 3 * i + 3).some(Number.isNaN) ? 0 : 1;
      },
    },
  };
}
