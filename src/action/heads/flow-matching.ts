/** @file Flow-matching action head: learn a velocity field, integrate it from noise to a chunk. */

import { coupleNoise, flowMatchingLoss, permuteRows, uniformTime, type FlowPath, type FlowTimeSampler } from "#action/losses";
import { broadcastTo, slice, type Tensor } from "#engine/graph";
import type { ParameterTree, Traced } from "#engine/nn";
import { conditionAllSteps, denoise, type Denoiser } from "./denoiser.ts";
import type { ChunkSpec, SteppedHead, TypedHostInput } from "./head.ts";
import { assertDenoiser, assertHeadInputs } from "./head-inputs.ts";
import { gaussianChunk, perElement } from "./host-inputs.ts";
import { INTEGRATORS, type IntegratorName } from "./integrators.ts";
import { guidedEuler, type Guidance, type GuidanceOptions } from "./real-time-guidance.ts";

export interface FlowMatchingOptions {
  /** Steps from τ = 0 to τ = 1. More steps cost latency linearly. Default 10, as in openpi. */
  readonly integrationSteps?: number;
  /** Default `"euler"`; `"heun"` calls the network twice per step. */
  readonly integrator?: IntegratorName;
  /** How noise and action are mixed. Default the straight line. */
  readonly path?: FlowPath;
  /** Which parts of the path are practised most. Default uniform. */
  readonly time?: FlowTimeSampler;
  /**
   * Which noise a chunk is paired with. Default `"independent"`; `"optimal"` pairs within the batch so that lines are
   * short, at a cost that `coupleNoise` tells of.
   */
  readonly coupling?: "independent" | "optimal";
}

export interface FlowMatchingHead<P extends ParameterTree> extends SteppedHead<P, "noise" | "tau"> {
  readonly integrationSteps: number;
  readonly hostInputs: Readonly<Record<"noise" | "tau", TypedHostInput<"f32">>>;
  /**
   * f32[B, H, A]: as `sample`, going on from a chunk that is being executed.
   *
   * @throws RangeError for a head on another path than the straight one, whose correction this is
   */
  sampleGuided(params: Traced<P>, cond: Tensor, noise: Tensor, guidance: Guidance & GuidanceOptions): Tensor;
}

const WHO = "flowMatchingHead";

/**
 * The head over a denoiser whose output is read as the velocity.
 *
 * @throws RangeError when `integrationSteps` is not an integer ≥ 1, or the denoiser is made for other chunks
 */
export function flowMatchingHead<P extends ParameterTree>(
  velocity: Denoiser<P>,
  chunk: ChunkSpec,
  options: FlowMatchingOptions = {},
): FlowMatchingHead<P> {
  const { integrationSteps = 10, integrator = "euler", time = uniformTime, coupling = "independent", path } = options;
  if (!Object.hasOwn(INTEGRATORS, integrator)) {
    throw new RangeError(`flowMatchingHead: there is no integrator "${integrator}"; integrators are ${Object.keys(INTEGRATORS).join(", ")}`);
  }
  const { nodes, advance } = INTEGRATORS[integrator];
  assertSteps(integrationSteps);
  assertDenoiser(WHO, velocity, chunk);
  const hostInputs = { noise: coupling === "optimal" ? coupledNoise(chunk) : gaussianChunk(chunk), tau: perElement(time) };
  const noiseShape = [chunk.horizon, chunk.actionSize];
  const sizes = { chunk, condSize: velocity.condSize, hostInputs, noiseShape };

  return {
    chunk,
    parameters: velocity.parameters,
    integrationSteps,
    hostInputs,
    noiseShape,
    addsNoise: false,

    loss(params, cond, targets, { noise, tau }) {
      assertHeadInputs(WHO, sizes, { cond, targets, inputs: { noise, tau } });
      const field = (x: Tensor, t: Tensor): Tensor => denoise(velocity, params, { x, times: [t], cond });
      const loss = flowMatchingLoss(field, { ...targets, noise, tau }, path === undefined ? {} : { path });
      return { loss, metrics: {} };
    },

    // Unrolled on purpose: a fixed number of steps gives one flat ONNX graph that every execution
    // provider can run, and the same rule for training-time checks and deployment.
    sample(params, cond, noise) {
      assertHeadInputs(WHO, sizes, { cond, noise });
      const lastNode = Math.max(...nodes);
      const times = Array.from({ length: integrationSteps + lastNode }, (_, step) => [step / integrationSteps]);
      const conditions = conditionAllSteps(velocity, params, cond, times);
      let x: Tensor = noise;
      for (let step = 0; step < integrationSteps; step++) {
        x = advance(x, 1 / integrationSteps, (at, node) => velocity.predict(params, at, conditions[step + node] ?? []));
      }
      return x;
    },

    sampleGuided(params, cond, noise, guidance) {
      assertHeadInputs(WHO, sizes, { cond, noise });
      if (path !== undefined) throw new RangeError(`${WHO}: guidance corrects velocities of the straight path; make the head without another`);
      const times = Array.from({ length: integrationSteps }, (_, step) => [step / integrationSteps]);
      const conditions = conditionAllSteps(velocity, params, cond, times);
      return guidedEuler((x, step) => velocity.predict(params, x, conditions[step] ?? []), noise, integrationSteps, guidance);
    },

    // τ at each node, then Δτ.
    stepNumbers(steps) {
      assertSteps(steps);
      return Array.from({ length: steps }, (_, step) => [...nodes.map((node) => (step + node) / steps), 1 / steps]);
    },

    step(params, cond, { x, numbers }) {
      assertHeadInputs(WHO, sizes, { cond, x });
      const number = (i: number): Tensor => slice(numbers, 0, i, i + 1); // f32[1]
      return advance(x, number(nodes.length), (at, node) => {
        const tau = broadcastTo(number(nodes.indexOf(node)), [x.shape[0] ?? 1]);
        return denoise(velocity, params, { x: at, times: [tau], cond });
      });
    },
  };
}

function assertSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`flowMatchingHead: integrationSteps must be an integer ≥ 1, got ${steps}`);
  }
}

/** ε ~ N(0, I), its rows dealt to the chunks of the batch so that the lines between them are short. */
function coupledNoise(chunk: ChunkSpec): TypedHostInput<"f32"> {
  const independent = gaussianChunk(chunk);
  return {
    ...independent,
    write(out, random, targets) {
      const noise = new Float32Array(out.length);
      independent.write(noise, random, targets);
      const batch = out.length / (chunk.horizon * chunk.actionSize);
      permuteRows(noise, coupleNoise({ noise, ...targets, batch }), out);
    },
  };
}
