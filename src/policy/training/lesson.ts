/** @file One training graph bound to the weights it learns: a step's loss and gradients, for one source of batches. */

import { zeros, type HostTensor } from "#engine/array";
import { emit, type Program } from "#engine/graph";
import type { NamedSpec } from "#engine/nn";
import type { ParameterArena } from "#engine/optim";
import type { OpenSession, Session } from "#engine/runtime";
import { policyParameters, type PolicyNetwork } from "#policy/policies";
import type { Batches } from "./batches.ts";
import { GRADIENT, METRIC, PARAMETER, trainingProgram } from "./model.ts";
import { firstNonFinite } from "./non-finite.ts";

export interface Lesson {
  readonly windows: number;
  /** The loss of a step's batch; gradients go to the arena, metrics are there afterwards. */
  run(step: number): Promise<number>;
  metrics(): Record<string, number>;
  /** The first tensor of the last batch's graph that is not finite. */
  culprit(): Promise<string>;
}

/** The training graph of a network, and a session that runs it. */
export interface TrainingGraph {
  trace(): Program;
  /** Names of its outputs that are metrics. */
  readonly metrics: readonly string[];
  readonly session: Session;
  readonly openSession: OpenSession;
}

export interface TrainingSessions {
  /** Networks of the same specification share one. */
  of(network: PolicyNetwork): Promise<TrainingGraph>;
  close(): Promise<void>;
}

export interface SessionsOptions {
  /** Windows per step. */
  readonly batch: number;
  readonly isTrainable: (spec: NamedSpec) => boolean;
  readonly openSession: OpenSession;
}

export function trainingSessions({ batch, isTrainable, openSession }: SessionsOptions): TrainingSessions {
  const graphs = new Map<string, TrainingGraph>();
  return {
    async of(network) {
      const key = JSON.stringify(network.spec);
      const known = graphs.get(key);
      if (known !== undefined) return known;
      const trace = (): Program => trainingProgram(network, batch, isTrainable);
      const program = trace();
      const metrics = Object.keys(program.outputs).filter((name) => name.startsWith(METRIC));
      const graph = { trace, metrics, session: await openSession(emit(program).bytes), openSession };
      graphs.set(key, graph);
      return graph;
    },
    close: async () => void (await Promise.all([...graphs.values()].map(({ session }) => session.close()))),
  };
}

export interface LessonOptions {
  readonly network: PolicyNetwork;
  readonly batches: Batches;
  readonly arena: ParameterArena;
  readonly graph: TrainingGraph;
}

export function openLesson({ network, batches, arena, graph: { trace, metrics: names, session, openSession } }: LessonOptions): Lesson {
  const loss = zeros("f32", []);
  const metrics = Object.fromEntries(names.map((name) => [name, zeros("f32", [])]));
  const feeds = { ...batches.feeds, ...named(network, arena.params, PARAMETER) };
  const call = session.bind(feeds, { loss, ...metrics, ...named(network, arena.gradients, GRADIENT) });
  return {
    windows: batches.windows,
    async run(step) {
      batches.fill(step);
      await call.run();
      return loss.data[0] ?? NaN;
    },
    metrics: () => Object.fromEntries(Object.entries(metrics).map(([name, { data }]) => [name.slice(METRIC.length), data[0] ?? NaN])),
    culprit: () => firstNonFinite(trace(), feeds, openSession),
  };
}

/** Arrays by path as tensors of a network's parameters, for those that are there. */
export function named(network: PolicyNetwork, arrays: ReadonlyMap<string, Float32Array>, prefix: string): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(
    policyParameters(network).flatMap(({ name, shape }) => {
      const data = arrays.get(name);
      return data === undefined ? [] : [[prefix + name, { dtype: "f32" as const, shape, data: data as Float32Array<ArrayBuffer> }]];
    }),
  );
}
