/** @file A checkpoint of π0 that acts: frames, an instruction and a state in physical units in, a chunk in physical units out. */

import { rng, tensorFrom, zeros, type HostTensor, type Rng } from "#engine/array";
import { emit } from "#engine/graph";
import type { OpenSession, Session } from "#engine/runtime";
import { guidanceWeights, type GuidanceSchedule } from "#policy/control";
import { quotedStart, resizeWithPad, type FrameBytes, type PromptTokenizer } from "#policy/encoders";
import { denormalize, normalize } from "#world/data";
import type { Pi0Normalizers } from "./checkpoint/statistics.ts";
import { isThereOf, pi0Program, seenOf, type GraphOptions, type Pi0Graph, type WeightSource } from "./graphs.ts";
import type { Pi0Network } from "./network.ts";
import { promptOf } from "./prompt.ts";
import { knownRelative } from "./relative-actions.ts";

/** What a robot sees, is told and knows of itself at one moment. */
export interface Pi0Observation {
  /** By camera, of any size; one that is left out is missing, and not looked at. */
  readonly frames: Readonly<Record<string, FrameBytes>>;
  readonly instruction: string;
  /** f[S], physical units: the robot's own numbers, without padding. */
  readonly state: ArrayLike<number>;
}

/** Opens a model's graph by its name. */
export type OpenGraph = (graph: Pi0Graph) => Promise<Session>;

export interface Pi0PolicyOptions {
  /** `graphsInMemory`, or those that `tendon checkpoint export` wrote. */
  readonly open: OpenGraph;
  readonly normalizers: Pick<Pi0Normalizers, "state" | "action">;
  readonly tokenizer: PromptTokenizer;
  /** Names of the cameras, in the order the model was trained with. */
  readonly cameras: readonly string[];
  readonly promptTokens: number;
  /** Whose images and prompts: see `resizeWithPad` and `promptOf`. */
  readonly origin: "openpi" | "lerobot";
  /** Whether the prompt of π0.5 tells the state: `tellsState` of the checkpoint's configuration. Default true. */
  readonly tellsState?: boolean;
  /**
   * bool[A]: dimensions whose actions are offsets from the state at the moment of prediction, all steps from the same; the others are absolute. `relative` of the checkpoint's
   * configuration, which is null where the folder does not say: then no policy is opened. The chunk comes back absolute in any case, so that it stays where it was meant while the
   * robot moves.
   */
  readonly relative: readonly boolean[] | null;
  /**
   * Whether chunks will go on from others: the graph for it is opened and run once before the policy is there, so that no robot waits for it in the middle of a movement. Default false: it
   * is opened when it is first asked for.
   */
  readonly goesOn?: boolean;
}

/** Looked at when a policy is opened. */
type KnownOptions = Pi0PolicyOptions & { readonly relative: readonly boolean[] };

/** A chunk that is being executed while the next one is drawn. */
export interface GoingOn {
  /** f32[R * A] physical units, absolute: what of it is still to be executed. */
  readonly rest: ArrayLike<number>;
  /** Steps of it that will be executed before the new chunk is there. */
  readonly delay: number;
  /** How the others bind the new chunk. Default `"exponential"`. */
  readonly schedule?: GuidanceSchedule;
}

/** Owns its sessions: close it, or hold it with `await using`. */
export interface Pi0Policy extends AsyncDisposable {
  readonly horizon: number;
  /** The robot's own dimensions of an action. */
  readonly actionSize: number;
  /**
   * @param random draws the noise that the chunk starts from
   * @param goingOn what is being executed, so that the new chunk goes on from it; its step 0 is the first of `rest`
   * @returns f32[H * A] physical units, of the robot's own dimensions
   * @throws RangeError for a state of another size, numbers that are not finite, a camera the model does not have, a prompt that is too long, or a rest that is no part of a chunk
   */
  act(observation: Pi0Observation, random: Rng, goingOn?: GoingOn): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Graphs of a model whose weights are in memory. */
export function graphsInMemory(network: Pi0Network, { weights, openSession, ...sizes }: GraphOptions & { readonly weights: WeightSource; readonly openSession: OpenSession }): OpenGraph {
  return (graph) => openSession(emit(pi0Program(graph, network, weights, sizes)).bytes);
}

/**
 * Opens its graphs.
 *
 * @throws Error where it is not known which actions are relative, RangeError where that, or the statistics, do not go with the sizes of the network
 */
export async function pi0Policy(network: Pi0Network, given: Pi0PolicyOptions): Promise<Pi0Policy> {
  const { horizon, actionSize: padded } = network.size.chunk;
  const { action: { scale: { length: actionSize } }, state: { scale: { length: stateSize } } } = given.normalizers;
  const padding = network.size.stateSize ?? padded;
  if (network.variant === "pi0" && stateSize > padding) throw new RangeError(`pi0: the statistics are of states of ${stateSize} numbers, expected at most ${padding}, as many as the network reads; say the robot's own`);
  const options: KnownOptions = { ...given, relative: knownRelative(given.relative, { action: actionSize, state: stateSize, padded }) };
  const sessions: Session[] = [];
  const open = async (graph: Pi0Graph): Promise<Session> => {
    const session = await options.open(graph);
    sessions.push(session);
    return session;
  };
  let guided: Promise<Session> | undefined;
  const close = async (): Promise<void> => {
    await guided?.catch(() => undefined); // told whoever asked for it
    await Promise.all(sessions.splice(0).map((session) => session.close()));
  };
  const openAll = async () => ({ see: await open("see"), prefix: await open("prefix"), steps: await open("steps") });
  const orClose = <T>(opening: Promise<T>): Promise<T> =>
    opening.catch(async (error: unknown) => {
      await close();
      throw error;
    });
  const { see, prefix, steps } = await orClose(openAll());
  const openGuided = async (): Promise<Session> => {
    try {
      return await (guided ??= open("guided"));
    } catch (error) {
      guided = undefined; // so that the next chunk tries again
      throw error;
    }
  };
  const policy: Pi0Policy = {
    horizon,
    actionSize,
    async act(observation, random, goingOn) {
      const noise = zeros("f32", [1, horizon, padded]);
      const { state, ...prompt } = promptAndState(observation, network, options);
      const seen = await seenBy(see, observation, network, options);
      random.fillNormal(noise.data);
      const memory = { ...(await prefix.run({ ...seen, ...prompt })), ...(state && { state }) };
      const { chunk } = goingOn === undefined
        ? await steps.run({ ...memory, noise })
        : await (await openGuided()).run({ ...memory, noise, ...guidanceOf(goingOn, observation.state, { network, options }) });
      return absolute(chunk as HostTensor<"f32">, observation.state, options);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  if (given.goesOn === true) {
    await orClose(policy.act({ frames: {}, instruction: "", state: new Float32Array(stateSize) }, rng(0), { rest: new Float32Array(horizon * actionSize), delay: 0 }));
  }
  return policy;
}

/** Tokens of every camera that is there; zeros, which nothing looks at, of those that are not. @throws RangeError for a camera the model does not have */
async function seenBy(see: Session, { frames }: Pi0Observation, network: Pi0Network, { cameras, origin }: Pi0PolicyOptions): Promise<Record<string, HostTensor>> {
  const { vision: { image: size, patch }, language: { width } } = network.size.trunk;
  const unknown = Object.keys(frames).find((camera) => !cameras.includes(camera));
  if (unknown !== undefined) throw new RangeError(`pi0: there is no camera "${unknown}"; the model has ${cameras.join(", ")}`);
  const seen: Record<string, HostTensor> = {};
  for (const [i, camera] of cameras.entries()) {
    const frame = frames[camera];
    seen[isThereOf(i)] = tensorFrom("bool", [1], [frame === undefined ? 0 : 1]);
    seen[seenOf(i)] = zeros("f32", [1, (size / patch) ** 2, width]);
    if (frame === undefined) continue;
    const image = zeros("f32", [1, 3, size, size]);
    resizeWithPad(frame, { size, way: origin, out: image.data });
    seen[seenOf(i)] = (await see.run({ image }))["seen"] as HostTensor;
  }
  return seen;
}

function promptAndState({ instruction, state }: Pi0Observation, network: Pi0Network, options: Pi0PolicyOptions): Record<string, HostTensor> {
  const { normalizers, origin, promptTokens, tokenizer, tellsState = true } = options;
  const { variant, size: { chunk, stateSize = chunk.actionSize } } = network;
  const own = normalizers.state.scale.length;
  if (state.length !== own) throw new RangeError(`pi0: the state has ${state.length} numbers, expected ${own}, as its statistics have`);
  demandFinite("the state", state, own);
  const normal = normalize(normalizers.state, Float32Array.from(state));
  const stateText = variant === "pi05" && tellsState ? { state: normal } : {};
  const { ids, length, wanted } = promptOf(instruction, tokenizer, { variant, origin, tokens: promptTokens, ...stateText });
  // What is cut off is the end, where π0.5 tells the state and asks for actions.
  if (wanted > length) {
    throw new RangeError(`pi0: the prompt of the instruction ${quotedStart(instruction)} has ${wanted} tokens, expected at most ${promptTokens}: shorten the instruction`);
  }
  return {
    prompt: tensorFrom("i64", [1, promptTokens], [...ids]),
    isPrompt: tensorFrom("bool", [1, promptTokens], ids.map((_, i) => (i < length ? 1 : 0))),
    ...(variant === "pi0" ? { state: tensorFrom("f32", [1, stateSize], Array.from({ length: stateSize }, (_, i) => normal[i] ?? 0)) } : {}),
  };
}

/** A sensor that has failed must not move an arm. @param size numbers of a moment */
function demandFinite(what: string, values: ArrayLike<number>, size: number): void {
  const bad = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`pi0: dimension ${bad % size} of ${what} is ${values[bad]}, expected a finite number`);
}

/** Cut the padding off, back to physical units, offsets from the state they were predicted at to absolute targets. */
function absolute({ shape, data }: HostTensor<"f32">, state: ArrayLike<number>, { normalizers: { action }, relative }: KnownOptions): Float32Array {
  const [, horizon = 0, padded = 0] = shape;
  const size = action.scale.length;
  const own = Float32Array.from({ length: horizon * size }, (_, i) => data[Math.floor(i / size) * padded + (i % size)] ?? 0);
  const physical = denormalize(action, own, own);
  return physical.map((value, i) => (relative[i % size] === true ? value + (state[i % size] ?? 0) : value));
}

/**
 * The rest of a chunk as the network would have said it now: offsets from the present state, normalized, padded; behind its end the last step is held. Padding is bound by
 * nothing: models whose loss leaves it out say there what they like.
 */
function guidanceOf(
  { rest, delay, schedule }: GoingOn,
  state: ArrayLike<number>,
  { network, options: { normalizers: { action }, relative } }: { readonly network: Pi0Network; readonly options: KnownOptions },
): Record<"previous" | "weights", HostTensor> {
  const { horizon, actionSize: padded } = network.size.chunk;
  const size = action.scale.length;
  const overlap = rest.length / size;
  if (!Number.isInteger(overlap) || overlap < 1 || overlap > horizon) {
    throw new RangeError(`pi0: the rest of the chunk has ${rest.length} numbers, expected 1 to ${horizon} steps of ${size}`);
  }
  demandFinite("the rest of the chunk", rest, size);
  const remaining = Float32Array.from({ length: rest.length }, (_, i) => (rest[i] ?? 0) - (relative[i % size] === true ? (state[i % size] ?? 0) : 0));
  const normal = normalize(action, remaining, remaining);
  const previous = Array.from({ length: horizon * padded }, (_, i) => {
    const [step, dimension] = [Math.min(Math.floor(i / padded), overlap - 1), i % padded];
    return dimension < size ? (normal[step * size + dimension] ?? 0) : 0;
  });
  const perStep = guidanceWeights({ horizon, delay, overlap, ...(schedule === undefined ? {} : { schedule }) });
  const weights = Array.from({ length: horizon * padded }, (_, i) => (i % padded < size ? (perStep[Math.floor(i / padded)] ?? 0) : 0));
  return { previous: tensorFrom("f32", [1, horizon, padded], previous), weights: tensorFrom("f32", [horizon, padded], weights) };
}
