import { describe, expect, it } from "vitest";
import { chunkIndex, chunkSampler, type ChunkOptions, type ChunkSource } from "./chunk-sampler.ts";

/** Observation rows are [t, -t], action rows [100 + t], with 1000 more per episode. */
function sourceOf(lengths: readonly number[]): ChunkSource {
  const rows = (make: (t: number) => number[], offset: number) => (length: number, episode: number) =>
    Float32Array.from(Array.from({ length }, (_, t) => make(t).map((v) => v + offset * episode)).flat());
  return {
    observations: lengths.map(rows((t) => [t, -t], 1000)),
    actions: lengths.map(rows((t) => [100 + t], 1000)),
    obsSize: 2,
    actionSize: 1,
  };
}

function windowOf(
  options: ChunkOptions,
  window: number,
): { observations: number[]; actions: number[]; isPad: number[] } {
  const { obsSteps, horizon } = options;
  const observations = new Float32Array(obsSteps * 2).fill(NaN);
  const actions = new Float32Array(horizon).fill(NaN);
  const isPad = new Uint8Array(horizon).fill(9);
  chunkSampler(sourceOf([3, 5]), options).fill(Int32Array.of(window), observations, actions, isPad);
  return { observations: [...observations], actions: [...actions], isPad: [...isPad] };
}

describe("chunkIndex", () => {
  it("makes every frame the current tick of one window by default", () => {
    const { windows, episode, tick } = chunkIndex([3, 2], { obsSteps: 2, horizon: 8 });
    expect(windows).toBe(5);
    expect([...episode]).toEqual([0, 0, 0, 1, 1]);
    expect([...tick]).toEqual([0, 1, 2, 0, 1]);
  });

  it("counts Diffusion Policy's windows: T + (O - 1) + (E - 1) - H + 1 per episode", () => {
    const options = { obsSteps: 2, horizon: 16, actionStart: -1, padAfter: 7 };
    expect(chunkIndex([161, 20], options).windows).toBe(161 - 7 + (20 - 7));
  });

  it("lets no chunk pass the end with padAfter 0", () => {
    expect([...chunkIndex([5, 2], { obsSteps: 1, horizon: 3, padAfter: 0 }).tick]).toEqual([0, 1, 2]);
  });

  it("says how long the longest episode is when none fits", () => {
    const options = { obsSteps: 1, horizon: 16, padAfter: 0 };
    expect(() => chunkIndex([9, 11], options)).toThrow(/horizon 16 .* the longest has 11 frames/);
    expect(() => chunkIndex([], options)).toThrow(/the longest has 0 frames/);
  });

  it.each([
    [{ obsSteps: 0, horizon: 4 }, /obsSteps is 0/],
    [{ obsSteps: 1, horizon: 1.5 }, /horizon is 1.5/],
    [{ obsSteps: 1, horizon: 4, padAfter: 4 }, /padAfter is 4, expected an integer from 0 to 3/],
    [{ obsSteps: 1, horizon: 4, actionStart: -4 }, /actionStart is -4/],
  ])("refuses %o", (options, message) => {
    expect(() => chunkIndex([9], options)).toThrow(message);
  });
});

describe("chunkSampler", () => {
  it("ends the observations and starts the chunk at the current tick", () => {
    // Windows 0-2 are episode 0, 3-7 episode 1: window 4 is tick 1 there.
    expect(windowOf({ obsSteps: 2, horizon: 3 }, 4)).toEqual({
      observations: [1000, 1000, 1001, 999],
      actions: [1101, 1102, 1103],
      isPad: [0, 0, 0],
    });
  });

  it("repeats the first frame before the start", () => {
    expect(windowOf({ obsSteps: 3, horizon: 1 }, 4).observations).toEqual([1000, 1000, 1000, 1000, 1001, 999]);
  });

  it("repeats the last action past the end of its episode and marks it as padding", () => {
    expect(windowOf({ obsSteps: 1, horizon: 4 }, 1)).toEqual({
      observations: [1, -1],
      actions: [101, 102, 102, 102],
      isPad: [0, 0, 1, 1],
    });
  });

  it("starts the chunk at the first observation in Diffusion Policy's layout, padded before the start", () => {
    const options = { obsSteps: 2, horizon: 4, actionStart: -1 };
    expect(windowOf(options, 0)).toMatchObject({ actions: [100, 100, 101, 102], isPad: [1, 0, 0, 0] });
    expect(windowOf(options, 1)).toMatchObject({ actions: [100, 101, 102, 102], isPad: [0, 0, 0, 1] });
  });

  it("fills a batch row by row, each as it would be alone", () => {
    const options = { obsSteps: 2, horizon: 3 };
    const order = [7, 0, 4];
    const observations = new Float32Array(3 * 2 * 2);
    const actions = new Float32Array(3 * 3);
    const isPad = new Uint8Array(3 * 3);
    chunkSampler(sourceOf([3, 5]), options).fill(Int32Array.from(order), observations, actions, isPad);
    const alone = order.map((window) => windowOf(options, window));
    expect([...observations]).toEqual(alone.flatMap((one) => one.observations));
    expect([...actions]).toEqual(alone.flatMap((one) => one.actions));
    expect([...isPad]).toEqual(alone.flatMap((one) => one.isPad));
  });

  it("refuses buffers of another size and windows that do not exist", () => {
    const { fill } = chunkSampler(sourceOf([3]), { obsSteps: 1, horizon: 2 });
    expect(() => fill([0], new Float32Array(3), new Float32Array(2), new Uint8Array(2))).toThrow(
      /observations holds 3 values, expected \[1, 1, 2\]/,
    );
    expect(() => fill([0], new Float32Array(2), new Float32Array(1), new Uint8Array(2))).toThrow(/actions holds 1/);
    expect(() => fill([0], new Float32Array(2), new Float32Array(2), new Uint8Array(4))).toThrow(/isPad holds 4/);
    expect(() => fill([3], new Float32Array(2), new Float32Array(2), new Uint8Array(2))).toThrow(
      /window 3 does not exist; there are 3/,
    );
  });

  it("refuses observations and actions that do not go together", () => {
    const source = sourceOf([3]);
    const options = { obsSteps: 1, horizon: 2 };
    expect(() => chunkSampler({ ...source, actions: [] }, options)).toThrow(/1 episodes of observations, 0 of actions/);
    expect(() => chunkSampler({ ...source, actions: [new Float32Array(4)] }, options)).toThrow(
      /episode 0 has 3 rows .* 4 rows/,
    );
  });
});
