/** @file Score the Push-T demonstrations themselves: how much of the goal do people cover? */

import { ACTION, columnOf, STATE } from "tendon/data";
import { readDataset } from "tendon/data/node";
import { pushT } from "tendon/sim";

const HOLD_TICKS = 30; // 3 s at 10 Hz
const { episodes } = await readDataset(process.argv[2] ?? "datasets/push-t");
const environment = pushT();

/** Largest coverage while the recorded actions are played open loop, and after holding the last one. */
function coverageOf(states: Float32Array, actions: Float32Array): { played: number; held: number } {
  environment.setState(states.subarray(0, 5));
  let played = 0;
  for (let i = 0; i < actions.length; i += 2) played = Math.max(played, environment.step(actions.subarray(i, i + 2)).coverage);
  let held = played;
  for (let i = 0; i < HOLD_TICKS; i++) held = Math.max(held, environment.step(actions.subarray(-2)).coverage);
  return { played, held };
}

const coverages = episodes.map((episode) => coverageOf(columnOf(episode, STATE), columnOf(episode, ACTION)));
for (const when of ["played", "held"] as const) {
  const sorted = coverages.map((coverage) => coverage[when]).sort((a, b) => a - b);
  const score = sorted.reduce((total, coverage) => total + Math.min(1, coverage / 0.95), 0) / sorted.length;
  const solved = sorted.filter((coverage) => coverage > 0.95).length;
  const median = sorted[sorted.length >> 1] ?? NaN;
  console.log(`${when}: coverage ${sorted[0]?.toFixed(3)} to ${sorted.at(-1)?.toFixed(3)}, median ${median.toFixed(3)}; ` +
    `mean score ${score.toFixed(3)}; above 0.95 in ${solved} of ${sorted.length}`);
}
