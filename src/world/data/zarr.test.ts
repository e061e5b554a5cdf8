import { beforeAll, describe, expect, it } from "vitest";
import { memoryStore } from "./byte-store.ts";
import { PUSH_T_REPLAY, readReplayBuffer, type ReplayBufferDescription } from "./zarr.ts";
import { importZarr, readDataset } from "./node/index.ts";

const DESCRIPTION: ReplayBufferDescription = { ...PUSH_T_REPLAY, stateNames: ["x", "y"], actionNames: ["x"] };

/** An uncompressed replay buffer: 5 rows in chunks of 3, episodes of 2 and 3 frames. */
function tinyBuffer(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const put = (
    path: string,
    dtype: string,
    shape: number[],
    chunks: readonly (Float32Array | BigInt64Array)[],
  ): void => {
    const chunkShape = shape.map((extent, axis) => (axis === 0 ? Math.ceil(extent / chunks.length) : extent));
    const meta = {
      chunks: chunkShape,
      compressor: null,
      dtype,
      fill_value: 0,
      filters: null,
      order: "C",
      shape,
      zarr_format: 2,
    };
    files.set(`${path}/.zarray`, new TextEncoder().encode(JSON.stringify(meta)));
    for (const [i, chunk] of chunks.entries())
      files.set(`${path}/${shape.map((_, axis) => (axis === 0 ? i : 0)).join(".")}`, new Uint8Array(chunk.buffer));
  };
  put("data/state", "<f4", [5, 2], [Float32Array.of(0, 1, 2, 3, 4, 5), Float32Array.of(6, 7, 8, 9, 0, 0)]);
  put("data/action", "<f4", [5, 1], [Float32Array.of(10, 11, 12), Float32Array.of(13, 14, 0)]);
  put("meta/episode_ends", "<i8", [2], [BigInt64Array.of(2n, 5n)]);
  return files;
}

const read = (files: ReadonlyMap<string, Uint8Array>, description = DESCRIPTION) =>
  readReplayBuffer(memoryStore(files, "buffer"), description);

describe("readReplayBuffer", () => {
  it("cuts rows at the episode ends, across chunk borders", async () => {
    const { episodes, features } = await read(tinyBuffer());
    expect(episodes.map(({ index, length }) => [index, length])).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(episodes[1]?.columns).toEqual({
      "observation.state": Float32Array.of(4, 5, 6, 7, 8, 9),
      action: Float32Array.of(12, 13, 14),
    });
    expect(features["observation.state"]).toEqual({ dtype: "float32", shape: [2], names: ["x", "y"] });
  });

  it("does not take a lost chunk for zeros", async () => {
    const files = tinyBuffer();
    files.delete("data/state/1.0");
    await expect(read(files)).rejects.toThrow(/buffer: cannot read array data\/state .*: data\/state\/1.0 is missing/);
  });

  it("names a missing array", async () => {
    const files = tinyBuffer();
    files.delete("data/action/.zarray");
    await expect(read(files)).rejects.toThrow(/cannot read array data\/action .*\.zarray is missing/);
  });

  it("refuses arrays of another width than described", async () => {
    await expect(read(tinyBuffer(), PUSH_T_REPLAY)).rejects.toThrow(
      /data\/state is \[5, 2\], expected \[5, 5\] \(agent_x/,
    );
  });

  it.each([[[5, 2]], [[2, 4]], [[0, 5]]])("refuses episode ends %j", async (ends) => {
    const files = tinyBuffer();
    files.set("meta/episode_ends/0", new Uint8Array(BigInt64Array.from(ends, BigInt).buffer));
    await expect(read(files)).rejects.toThrow(/episode_ends must increase up to the 5 rows/);
  });

  it("refuses a chunk that is cut off", async () => {
    const files = tinyBuffer();
    files.set("data/action/0.0", new Uint8Array(4));
    await expect(read(files)).rejects.toThrow(/cannot read array data\/action/);
  });
});

describe("Push-T", () => {
  let bundled: Awaited<ReturnType<typeof readDataset>>;
  beforeAll(async () => {
    bundled = await readDataset("datasets/push-t");
  });

  it("is bundled complete: 206 episodes, 25,650 frames, 10 Hz", () => {
    expect(bundled.episodes).toHaveLength(206);
    expect(bundled.episodes.reduce((sum, { length }) => sum + length, 0)).toBe(25_650);
    expect(bundled).toMatchObject({ name: "push-t", fps: 10, license: "mit" });
  });

  it("has the same bits as Diffusion Policy's compressed replay buffer", async () => {
    const original = await importZarr("fixtures/data/push-t-replay.zarr");
    const bits = (values: Float32Array | undefined): Uint32Array =>
      new Uint32Array(values?.slice().buffer ?? new ArrayBuffer(0));
    const [first] = original.episodes;
    expect(first?.length).toBe(161);
    for (const column of ["observation.state", "action"]) {
      expect(bits(bundled.episodes[0]?.columns[column])).toEqual(bits(first?.columns[column]));
    }
    expect(first?.columns["action"]?.slice(0, 2)).toEqual(Float32Array.of(233, 71));
  });
});
