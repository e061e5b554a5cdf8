/**
 * @file A π0 checkpoint acts, and its next chunk is drawn while this one is executed. First `npx tendon checkpoint synthesize pi0 --size tiny --out runs/pi0-random`, then
 * `npx tsx examples/14-pi0-checkpoint.ts runs/pi0-random tokenizer.json`; `fixtures/golden/pi0/tokenizer.json` is a small one.
 */

import { readFile } from "node:fs/promises";
import { rng, type HostTensor } from "tendon/array";
import { realTimeChunks } from "tendon/control";
import { promptTokenizer } from "tendon/encoders";
import { graphsInMemory, openPi0Checkpoint, pi0Policy, readNormalizers, readWeights, weightConstants } from "tendon/policies";
import { folderStore } from "tendon/data/node";
import { openSession } from "tendon/runtime/node";

const [folder = "runs/pi0-random", tokenizerFile = "fixtures/golden/pi0/tokenizer.json"] = process.argv.slice(2);
const { store, stored, report, config, network } = await openPi0Checkpoint(await folderStore(folder, "checkpoint"));
const weights: Record<string, HostTensor> = {};
for await (const [path, value] of readWeights(stored, report, store.name)) weights[path] = value;

const { cameras, promptTokens, origin, relative, tellsState } = config;
const open = graphsInMemory(network, { weights: weightConstants(weights), cameras: cameras.length, promptTokens, openSession });
const normalizers = await readNormalizers(store, stored, config);
const tokenizer = promptTokenizer(JSON.parse(await readFile(tokenizerFile, "utf8")));
await using policy = await pi0Policy(network, { open, normalizers, tokenizer, cameras, promptTokens, origin, relative, tellsState, goesOn: true });

const { horizon, actionSize } = policy;
const instruction = "lift the cube";
const state = new Float32Array(normalizers.state.scale.length);
const [camera = ""] = cameras; // the others are missing, not black
const frames = { [camera]: { data: new Uint8Array(48 * 64 * 3).fill(128), height: 48, width: 64 } };

// A draw takes six ticks here. On a robot it takes as long as it takes: begin it, do not wait, and go on with `next`.
const [TICKS, DRAW_TICKS] = [3 * horizon, 6];

/** Mean distance, over draws, of a new chunk from the one before, at the tick at which it takes over. */
async function meanJump(goesOn: boolean): Promise<string> {
  const control = realTimeChunks({ horizon, actionSize, executeSteps: horizon / 2, firstDelay: DRAW_TICKS });
  const action = new Float64Array(actionSize);
  const jumps: number[] = [];
  for (let tick = 0; tick < TICKS; tick++) {
    if (control.isDue) {
      const draw = control.begin();
      const chunk = await policy.act({ frames, instruction, state }, rng(tick, "noise"), goesOn ? draw.goingOn : undefined);
      const { rest } = draw.goingOn ?? {};
      const drawTicks = rest === undefined ? 0 : DRAW_TICKS; // the first draw of all is waited for
      for (let i = 0; i < drawTicks; i++, tick++) control.next(action);
      const at = drawTicks * actionSize;
      if (rest !== undefined) jumps.push(Math.hypot(...action.map((_, i) => (chunk[at + i] ?? NaN) - (rest[at + i] ?? NaN))));
      draw.refill(chunk);
    }
    control.next(action);
  }
  const mean = jumps.reduce((sum, jump) => sum + jump, 0) / jumps.length;
  return `${mean.toFixed(2)} from the chunk before where one takes over from it, ${jumps.length} times`;
}

console.log(`each chunk for itself: ${await meanJump(false)}`);
console.log(`going on from what is executed: ${await meanJump(true)}`);
