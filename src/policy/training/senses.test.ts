/** @file Laws of policies that see and read: what they learn from is what they act on. */

import { beforeAll, expect, test } from "vitest";
import { zeros, type HostTensor } from "#engine/array";
import { observing, policyNetwork, policyParameters } from "#policy/policies";
import { ACTION, STATE, type Dataset, type Episode } from "#world/data";
import type { Demonstration } from "#world/sim";
import { fitNormalizers, trainingBatches } from "./batches.ts";
import { PRESETS, resolveConfig, type RunConfig } from "./config.ts";
import { observerOf } from "./observer.ts";
import { policySpecOf } from "./perception.ts";
import { taskOf } from "./tasks.ts";
import { imageColumn, trainingRows, type TrainingRows } from "./training-rows.ts";

const task = taskOf("sort");
const IMAGE_SIZE = 40;
const SEEING: Partial<RunConfig> = { task: "sort", cameras: ["wrist", "front"], imageSize: IMAGE_SIZE, cropSize: 36, imageChannels: 16, readInstruction: true, obsSteps: 2 };
let demonstrations: Demonstration[] = [];
let dataset: Dataset;

beforeAll(async () => {
  const environment = await task.makeEnvironment();
  demonstrations = [0, 1].flatMap((seed) => task.expert?.demonstrate(environment, seed) ?? []);
  environment.close();
  dataset = datasetOf(demonstrations.map((demonstration) => ({ ...demonstration, length: 30 })));
});

/** The first ticks of demonstrations with what the cameras see of them. */
function datasetOf(shown: readonly Demonstration[]): Dataset {
  const { stateSize } = task.facts;
  const eyes = task.cameras?.({ size: IMAGE_SIZE });
  const episodes = shown.map(({ states, actions, length, instruction }, index): Episode => {
    const images: Record<string, Uint8Array> = {};
    for (let t = 0; t < length; t++) {
      for (const [camera, { rgb }] of Object.entries(eyes?.look(states.subarray(t * stateSize, (t + 1) * stateSize)) ?? {})) {
        (images[imageColumn(camera)] ??= new Uint8Array(length * rgb.length)).set(rgb, t * rgb.length);
      }
    }
    return { index, length, task: instruction, columns: { [STATE]: states.slice(0, length * stateSize), [ACTION]: actions.slice(0, length * 10) }, images };
  });
  const image = { dtype: "image", shape: [IMAGE_SIZE, IMAGE_SIZE, 3] } as const;
  return {
    name: "seen",
    fps: 20,
    robotType: null,
    license: null,
    features: { [STATE]: { dtype: "float32", shape: [stateSize], names: null }, [ACTION]: { dtype: "float32", shape: [10], names: null } },
    imageFeatures: { [imageColumn("front")]: image, [imageColumn("wrist")]: image },
    episodes,
    skippedFeatures: [],
  };
}

const config = (overrides: Partial<RunConfig> = {}): RunConfig => resolveConfig("smoke", { ...SEEING, head: "diffusion-dp-mlp", ...overrides });
const rowsOf = (overrides: Partial<RunConfig> = {}): TrainingRows => trainingRows(task, dataset, config(overrides));

test("where nothing is cut away, a policy acts on the very images, instruction and state that it learned from", () => {
  // A crop as large as the frame lies nowhere else.
  const seeing = config({ cropSize: IMAGE_SIZE, batch: 16 });
  const rows = rowsOf(seeing);
  const spec = policySpecOf(seeing, { ...rows, codec: null });
  const identity = { kind: "limits", scale: Array<number>(10).fill(1), offset: Array<number>(10).fill(0) } as const;
  const batches = trainingBatches(policyNetwork(spec), rows, { observation: identity, action: identity }, { seed: 3, batch: 16 });
  batches.fill(0);
  const observer = observerOf(task, spec);
  const seen = Object.fromEntries(["observation", "image.front", "image.wrist", "text"].map((name) => [name, like(batches.feeds[name])]));
  const { stateSize } = task.facts;
  let found = 0;
  for (const { states, instruction } of demonstrations) {
    const recorded = Array.from({ length: 30 }, (_, t) => states.slice(t * stateSize, (t + 1) * stateSize));
    for (let t = 0; t < 30; t++) {
      observer.write(seen, 0, { states: recorded.slice(0, t + 1), instruction });
      // The window with this state is the one with this instruction and these images.
      for (let row = 0; row < 16; row++) {
        if (rowOf(batches.feeds["observation"], row) !== rowOf(seen["observation"], 0) || rowOf(batches.feeds["text"], row) !== rowOf(seen["text"], 0)) continue;
        found += 1;
        for (const camera of ["image.front", "image.wrist"]) expect(rowOf(batches.feeds[camera], row)).toBe(rowOf(seen[camera], 0));
      }
    }
  }
  expect(found).toBe(16);
});

test("crops differ from frame to frame and from step to step, and are the same again for the same step", () => {
  const rows = rowsOf();
  const spec = policySpecOf(config(), { ...rows, codec: null });
  const { feeds, fill } = trainingBatches(policyNetwork(spec), rows, fitNormalizers(rows, "limits"), { seed: 3, batch: 64 });
  const front = (step: number): string => (fill(step), String(feeds["image.front"]?.data));
  const first = front(7);
  expect(front(8)).not.toBe(first);
  expect(front(7)).toBe(first);
  const values = Array.from(feeds["image.front"]?.data ?? [], Number);
  expect(Math.min(...values.slice(0, 20_000))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values.slice(0, 20_000))).toBeLessThanOrEqual(1);
});

test("who sees observes of the state only what the robot knows of itself", () => {
  const rows = rowsOf();
  expect(rows.obsSize).toBe(10);
  expect(trainingRows(task, dataset, resolveConfig("smoke", { task: "sort" })).obsSize).toBe(task.view.size);
  const [state = []] = demonstrations.map(({ states }) => [...states.subarray(0, 10)]);
  expect([...(rows.observations[0] ?? [])].slice(0, 10)).toEqual(state);
});

test("data without the images, or with others, are refused by name", () => {
  const { imageFeatures: _, ...blind } = dataset;
  expect(() => trainingRows(task, blind, config())).toThrow('dataset "seen": images observation.images.wrist are missing, it has none; generate one with --images');
  expect(() => rowsOf({ imageSize: 64, cropSize: 56 })).toThrow("observation.images.wrist are 40×40×3, expected 64×64×3; set --image-size");
});

test("flags that go together are demanded together", () => {
  const refused = (overrides: Partial<RunConfig>, why: string): void => expect(() => config(overrides)).toThrow(why);
  refused({ cropSize: 20 }, "cropSize (--crop-size) is 20, expected 33 to imageSize (--image-size), 40");
  refused({ imageChannels: 17 }, "imageChannels (--image-channels) is 17, expected a multiple of 16");
  refused({ cropSize: 41 }, "cropSize (--crop-size) is 41, expected 33");
  refused({ mirror: true }, "images and instructions have no mirror images; use --no-mirror");
  refused({ cameras: ["front", "front"] }, "task sort: cameras are front,front, expected different ones of front, wrist");
  refused({ cameras: ["ceiling"] }, "task sort: cameras are ceiling");
  expect(() => resolveConfig("smoke", { task: "fork", cameras: ["front"] })).toThrow("expected different ones of none: it has no cameras");
  expect(() => resolveConfig("smoke", { task: "lift", cropSize: 84 })).toThrow("cropSize (--crop-size) is 84, but nothing is seen; name cameras with cameras (--cameras)");
  expect(resolveConfig("full", { task: "lift", cameras: ["front"] })).toMatchObject({ imageSize: 96, cropSize: 84, imageChannels: 32, mirror: false });
  expect(PRESETS["full"]?.mirror).toBe(true);
});

function like(tensor: HostTensor | undefined): HostTensor {
  return zeros(tensor?.dtype ?? "f32", tensor?.shape ?? []);
}

function rowOf(tensor: HostTensor | undefined, row: number): string {
  const length = (tensor?.data.length ?? 0) / (tensor?.shape[0] ?? 1);
  return String(tensor?.data.subarray(row * length, (row + 1) * length));
}

test("an MLP reads the state where features are asked for, with parameters of the encoder, step by step", () => {
  const names = (overrides: Partial<RunConfig>): string[] => {
    const spec = policySpecOf(resolveConfig("smoke", { task: "lift", head: "diffusion-dp-mlp", ...overrides }), { obsSize: 19, actionSize: 10, codec: null });
    return [String(observing(spec).condSize), ...policyParameters(policyNetwork(spec)).flatMap(({ name, role }) => (role === "encoder" ? [name] : []))];
  };
  expect(names({})).toEqual(["38"]);
  const layers = [0, 1, 2].flatMap((i) => [`encoder.state.layers.${i}.bias`, `encoder.state.layers.${i}.weight`]);
  const [condSize, ...found] = names({ stateFeatures: 24 });
  expect([condSize, found.toSorted()]).toEqual(["48", layers]);
});
