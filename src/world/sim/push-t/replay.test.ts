/** @file Recorded human demonstrations, replayed. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pushT } from "./environment.ts";
import { replayEpisodes, replayErrors } from "./replay.ts";

interface Recording {
  index: number;
  states: number[];
  actions: number[];
}

const RECORDINGS: Recording[] = JSON.parse(
  readFileSync(new URL("../../../../fixtures/push-t/episodes.json", import.meta.url), "utf8"),
);
const EPISODES = RECORDINGS.map(({ index, states, actions }) => ({
  index,
  states: Float32Array.from(states),
  actions: Float32Array.from(actions),
}));

describe("replayEpisodes", () => {
  it.each(EPISODES)("follows demonstration $index to less than 0.01 px over the whole episode", (episode) => {
    expect(replayErrors(episode).largest).toBeLessThan(0.01);
  });

  it("counts episodes by their errors and measures speed", () => {
    const summary = replayEpisodes(EPISODES);
    expect(summary).toMatchObject({ episodes: 5, within001px: 5, within1px: 5, finalWithin5px: 5 });
    expect(summary.controlStepsPerSecond).toBeGreaterThan(0);
  });

  it("notices a recording that was changed", () => {
    const [episode] = EPISODES;
    if (episode === undefined) throw new Error("the fixture holds no episode");
    const actions = Float32Array.from(episode.actions, (value, i) => (i < 20 ? value + 5 : value));
    expect(replayEpisodes([{ states: episode.states, actions }])).toMatchObject({ episodes: 1, within001px: 0 });
  });

  it("refuses states and actions of different lengths", () => {
    const episode = { states: new Float32Array(10), actions: new Float32Array(2) };
    expect(() => replayErrors(episode)).toThrow("10 state and 2 action numbers");
  });
});

it("reset(k) is where demonstration k starts", () => {
  const environment = pushT();
  const state = new Float64Array(5);
  for (const { index, states } of EPISODES) {
    environment.reset(index);
    environment.readState(state);
    for (let i = 0; i < 5; i++) expect(state[i]).toBeCloseTo(states[i] ?? NaN, 3);
  }
});
