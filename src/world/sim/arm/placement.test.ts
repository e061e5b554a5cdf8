/** @file Laws of drawing a state: solids are placed where MuJoCo has them, so kinematics and model cannot drift apart. */

import { expect, test } from "vitest";
import { quatFromMatrix } from "#world/kinematics";
import { rng } from "#engine/array";
import { armSolids, armTaskLayout } from "./environment.ts";
import { sliceOf } from "./layout.ts";
import { armMjcf } from "./mjcf.ts";
import { compileMjcf, loadMuJoCo } from "./mujoco.ts";
import { solidPlacer } from "./placement.ts";
import { ROBOT_CHAIN } from "./robot.ts";
import { ARM_TASKS } from "./tasks/index.ts";

/** The same model with a sensor for the pose of every geom. */
function withGeomSensors(mjcf: string, names: readonly string[]): string {
  const sensors = names.map((name) => `<framepos objtype="geom" objname="${name}"/><framequat objtype="geom" objname="${name}"/>`);
  return mjcf.replace("<sensor>", `<sensor>${sensors.join("")}`);
}

test.each(ARM_TASKS)("every solid of $name is where MuJoCo has it, to 1e-9, in any posture", async (task) => {
  const solids = armSolids(task);
  const layout = armTaskLayout(task);
  const isMark = solids.map(({ frame }) => frame.kind === "goal");
  // Marks are fixed in the model and drawn by the state.
  const modelled = solids.filter((_, i) => isMark[i] === false);
  const physics = compileMjcf(await loadMuJoCo(), withGeomSensors(armMjcf({ solids, pressed: task.pressed }), modelled.map(({ name }) => name)));
  const place = solidPlacer(modelled, layout);
  const random = rng(0, "placement", task.name);
  for (let posture = 0; posture < 5; posture++) {
    const joints = ROBOT_CHAIN.joints.map(({ low, high }) => low + random.uniform() * (high - low));
    const opening = 0.08 * random.uniform();
    const { objects } = task.start(random);
    const state = new Float64Array(layout.size);
    state.set(joints, sliceOf(layout, "joints").offset);
    state[sliceOf(layout, "opening").offset] = opening;
    task.objects.forEach((name, i) => {
      state.set(Array.from(objects[i]?.position ?? []), sliceOf(layout, `${name}Position`).offset);
      state.set(Array.from(objects[i]?.quat ?? []), sliceOf(layout, `${name}Quat`).offset);
    });
    physics.reset();
    physics.positions.set([...objects.flatMap(({ position, quat }) => [...Array.from(position), ...Array.from(quat)]), ...joints, opening / 2, opening / 2]);
    physics.forward();
    const { positions, rotations } = place(state);
    modelled.forEach(({ name }, i) => {
      const [sensed, quat] = [physics.sensors.subarray(7 * i, 7 * i + 3), physics.sensors.subarray(7 * i + 3, 7 * i + 7)];
      const ours = quatFromMatrix(rotations.subarray(9 * i, 9 * i + 9));
      const gap = Math.hypot(...[0, 1, 2].map((axis) => (sensed[axis] ?? NaN) - (positions[3 * i + axis] ?? NaN)));
      const overlap = Math.abs([0, 1, 2, 3].reduce((sum, k) => sum + (ours[k] ?? NaN) * (quat[k] ?? NaN), 0));
      expect([name, gap < 1e-9, 1 - overlap < 1e-12]).toEqual([name, true, true]);
    });
  }
  physics.close();
});

test("a mark is where the goal's numbers say", () => {
  for (const task of ARM_TASKS) {
    const marks = task.solids.filter(({ frame }) => frame.kind === "goal");
    if (marks.length === 0) continue;
    const layout = armTaskLayout(task);
    const { goal } = task.start(rng(1, task.name));
    const state = new Float64Array(layout.size);
    state.set(goal, sliceOf(layout, "goal").offset);
    const { positions } = solidPlacer(marks, layout)(state);
    goal.forEach((value, axis) => expect(positions[axis]).toBeCloseTo(value, 12));
  }
});
