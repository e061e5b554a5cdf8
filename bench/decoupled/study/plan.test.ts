import { expect, test } from "vitest";
import { studyRuns } from "./plan.ts";
import { STUDY_PRESETS, studyPreset } from "./presets.ts";
import { headFingerprint, headFolder, runFingerprint, runFolder } from "./work.ts";

const full = studyPreset("full");
const runs = studyRuns(full);
const blind = runs.filter(({ demonstrations }) => demonstrations.images === undefined);

test("the full study trains every backbone whole and frozen, three seeds of push-t and lift, a hundred rollouts each", () => {
  const of = (task: string, way: string, backbone: string) => blind.filter((run) => run.task === task && run.way === way && run.backbone === backbone && run.key.includes("kinematics") === (way === "decoupled" && task !== "push-t"));
  for (const { key } of full.backbones) {
    for (const way of ["normal", "decoupled"]) {
      expect(["push-t", "reach", "lift", "pick-place"].map((task) => of(task, way, key).length)).toEqual([3, 1, 3, 1]);
    }
  }
  expect(new Set(runs.filter(({ way }) => way === "random").map(({ backbone }) => backbone))).toEqual(new Set(["dp-c", "dp-mlp"]));
  expect(runs.every(({ rollouts }) => rollouts >= 100)).toBe(true);
});

test("what is trained normally, decoupled and at random has the same steps", () => {
  for (const preset of STUDY_PRESETS) {
    const planned = studyRuns(preset).filter(({ demonstrations }) => demonstrations.images === undefined);
    for (const { name } of preset.tasks) expect(new Set(planned.filter(({ task }) => task === name).map(({ config }) => config.steps)).size).toBe(1);
  }
});

test("every run has a key of its own, and episodes that no other seed of its kind is tried in", () => {
  expect(new Set(runs.map(({ key }) => key)).size).toBe(runs.length);
  expect(new Set(runs.map(runFolder)).size).toBe(runs.length);
  for (const { seed, firstSeed, rollouts } of runs) expect([firstSeed, rollouts <= 1000]).toEqual([100_000 + 1000 * seed, true]);
});

test("a head out of distribution has not seen its task, and one in distribution nothing else", () => {
  const learnedFrom = (task: string) => runs.filter((run) => run.task === task && run.backbone === "dp-c" && run.head !== null).map(({ head }) => head?.config.data);
  expect(learnedFrom("lift")).toEqual([["kinematics"], ["lift"], ["reach", "pick-place"], ["kinematics"], ["kinematics"]]);
  expect(learnedFrom("pick-place")).toEqual([["kinematics"], ["pick-place"], ["reach", "lift"]]);
});

test("tasks of the arm share one head, and seeds do", () => {
  const shared = runs.filter(({ backbone, head }) => backbone === "dp-mlp" && head?.config.data.join() === "kinematics");
  expect([...new Set(shared.map(({ task }) => task))].toSorted()).toEqual(["lift", "pick-place", "reach"]);
  expect(new Set(shared.map(({ head }) => head && headFolder(head))).size).toBe(1);
  const all = runs.filter(({ head }) => head?.config.data.join() === "reach,lift,pick-place").map(({ task }) => task);
  expect(all).toEqual(["reach", "lift", "pick-place"]);
});

test("another number behind a head makes another head, and other runs over it, and no others", () => {
  const changed = studyRuns({ ...full, stage1: { ...full.stage1, ticks: 201 } });
  const differ = runs.filter((run, i) => runFingerprint(run) !== runFingerprint(changed[i] ?? run));
  expect(differ.length).toBeGreaterThan(20);
  expect(differ.every(({ head }) => head !== null)).toBe(true);
  const [head, other] = [runs, changed].map((all) => all.find((run) => run.head !== null)?.head);
  expect(head && other && headFingerprint(head) !== headFingerprint(other)).toBe(true);
});

test("an unknown preset is refused, with the names of those there are", () => {
  expect(() => studyPreset("huge")).toThrow('there is no preset "huge"; presets are full, smoke');
});

test("lift and pick-place are learned through cameras, too, last of all, over the head that state policies share", () => {
  const seeing = runs.slice(-2);
  expect(seeing.map(({ key }) => key)).toEqual(["lift", "pick-place"].map((task) => `images/${task}/dp-mlp/decoupled-kinematics/seed-0`));
  const [shared] = blind.filter(({ task, backbone, head }) => task === "lift" && backbone === "dp-mlp" && head?.config.data.join() === "kinematics");
  for (const { config, demonstrations, head } of seeing) {
    expect(demonstrations.images?.size).toBe(config.imageSize);
    expect(head && shared?.head && headFolder(head)).toBe(shared?.head && headFolder(shared.head));
  }
  expect(studyRuns(studyPreset("smoke")).every(({ demonstrations }) => demonstrations.images === undefined)).toBe(true);
});
