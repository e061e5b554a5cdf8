/** @file Reader for Diffusion Policy's zarr replay buffers (low-dimensional arrays). */

import { open, root, type AbsolutePath, type AsyncReadable } from "zarrita";
import type { ByteStore } from "./byte-store.ts";
import { ACTION, STATE, type Dataset, type Episode, type Feature } from "./dataset.ts";

/** What a replay buffer does not say about itself. */
export interface ReplayBufferDescription {
  readonly name: string;
  /** Hz. */
  readonly fps: number;
  /** The instruction of every episode. */
  readonly task: string;
  readonly robotType: string | null;
  readonly license: string | null;
  /** One name per dimension of `data/state`. */
  readonly stateNames: readonly string[];
  /** One name per dimension of `data/action`. */
  readonly actionNames: readonly string[];
}

/**
 * `pusht_cchi_v7_replay.zarr`: positions in px of the 512 × 512 board, y down; block angle in rad; actions are
 * target positions of the agent in px.
 */
export const PUSH_T_REPLAY: ReplayBufferDescription = {
  name: "push-t",
  fps: 10,
  task: "Push the T-shaped block onto the T-shaped target.",
  robotType: "2d pusher",
  license: "mit",
  stateNames: ["agent_x", "agent_y", "block_x", "block_y", "block_angle"],
  actionNames: ["target_x", "target_y"],
};

/**
 * Read `data/state` as `observation.state` f32[T, S], `data/action` as `action` f32[T, A], cut at `meta/episode_ends`.
 *
 * @throws Error when an array or chunk is missing or damaged, or the arrays do not fit together
 *
 * Source: real-stanford/diffusion_policy `common/replay_buffer.py`.
 */
export async function readReplayBuffer(store: ByteStore, description: ReplayBufferDescription): Promise<Dataset> {
  // One after the other, so that of several broken arrays the same one is always named.
  const state = await readArray(store, "data/state");
  const action = await readArray(store, "data/action");
  const ends = await readArray(store, "meta/episode_ends");
  const { stateNames, actionNames } = description;
  const lengths = episodeLengths(store, [...ends.data], state.shape[0] ?? 0);
  const rows = state.shape[0] ?? 0;
  const stateRows = demandRows(store, state, { path: "data/state", rows, names: stateNames });
  const actionRows = demandRows(store, action, { path: "data/action", rows, names: actionNames });

  let start = 0;
  const episodes = lengths.map((length, index): Episode => {
    const cut = (values: Float32Array, width: number): Float32Array =>
      values.slice(start * width, (start + length) * width);
    const columns = { [STATE]: cut(stateRows, stateNames.length), [ACTION]: cut(actionRows, actionNames.length) };
    start += length;
    return { index, length, task: description.task, columns };
  });
  const { name, fps, robotType, license } = description;
  const features = { [STATE]: vector(stateNames), [ACTION]: vector(actionNames) };
  return { name, fps, robotType, license, features, episodes, skippedFeatures: [] };
}

function vector(names: readonly string[]): Feature {
  return { dtype: "float32", shape: [names.length], names };
}

interface ZarrArray {
  readonly shape: readonly number[];
  /** Doubles hold float32 values and episode ends (below 2⁵³) exactly. */
  readonly data: Float64Array;
}

async function readArray(store: ByteStore, path: string): Promise<ZarrArray> {
  try {
    const array = await open.v2(root(zarrStore(store)).resolve(path), { kind: "array", attrs: false });
    const { shape, chunks: chunkShape } = array;
    const [rows = 0, width = 1] = shape;
    const [chunkRows = 1, chunkWidth = 1] = chunkShape;
    if (chunkWidth !== width) throw new Error(`chunks are ${chunkWidth} columns wide, expected all ${width}`);
    const positions = Array.from({ length: Math.ceil(rows / chunkRows) }, (_, i) => i);
    const chunks = await Promise.all(
      positions.map(async (position) => {
        const { data, stride } = await array.getChunk(shape.map((_, axis) => (axis === 0 ? position : 0)));
        // Read chunk by chunk because `get` of the whole array takes the end of a short chunk for zeros.
        if (!isNumeric(data) || data.length !== chunkRows * width || (stride[0] ?? 1) !== width) {
          throw new Error(`chunk ${position} does not hold ${chunkRows} rows of ${width} numbers`);
        }
        return data;
      }),
    );
    return { shape, data: joinChunks(chunks, rows * width) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${store.name}: cannot read array ${path} of the replay buffer: ${why}`, { cause: error });
  }
}

/** The last chunk is stored at full size; what lies past the array's end is dropped. */
function joinChunks(chunks: readonly ArrayLike<number | bigint>[], length: number): Float64Array {
  const data = new Float64Array(length);
  let position = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length && position < length; i++) data[position++] = Number(chunk[i]);
  }
  return data;
}

/** zarrita fills chunks that are not there with zeros; in a replay buffer a missing chunk is a lost file. */
function zarrStore(store: ByteStore): AsyncReadable {
  return {
    async get(key: AbsolutePath) {
      const path = key.slice(1);
      const bytes = await store.read(path);
      if (bytes === undefined && !path.endsWith(".zattrs")) throw new Error(`${path} is missing`);
      return bytes;
    },
  };
}

function isNumeric(data: unknown): data is ArrayLike<number | bigint> {
  return ArrayBuffer.isView(data) && !(data instanceof DataView);
}

function demandRows(
  store: ByteStore,
  array: ZarrArray,
  expected: { readonly path: string; readonly rows: number; readonly names: readonly string[] },
): Float32Array {
  const { path, rows, names } = expected;
  const [height, width] = array.shape;
  if (array.shape.length !== 2 || height !== rows || width !== names.length) {
    const got = array.shape.join(", ");
    throw new Error(`${store.name}: ${path} is [${got}], expected [${rows}, ${names.length}] (${names.join(", ")})`);
  }
  return Float32Array.from(array.data);
}

function episodeLengths(store: ByteStore, ends: readonly number[], rows: number): number[] {
  const lengths = ends.map((end, i) => end - (ends[i - 1] ?? 0));
  if (lengths.length === 0 || lengths.some((length) => length < 1) || ends.at(-1) !== rows) {
    throw new Error(
      `${store.name}: meta/episode_ends must increase up to the ${rows} rows of data/state, got ${ends.length} ends, the last ${ends.at(-1)}`,
    );
  }
  return lengths;
}
