/** @file The kinematics of MuJoCo and ours agree: poses, links and Jacobians of the Panda and of chains with sliding joints. */

import { rng } from "#engine/array";
import loadMujoco from "@mujoco/mujoco";
import { beforeAll, expect, test } from "vitest";
import { chainKinematics, matrixFromQuat, PANDA, randomPosture, type Pose, type SerialChain } from "./index.ts";
import { randomChain } from "#testing";

type Mujoco = Awaited<ReturnType<typeof loadMujoco>>;
let mujoco: Mujoco;
beforeAll(async () => {
  mujoco = await loadMujoco();
});

const words = (values: ArrayLike<number>): string => Array.from(values).join(" ");
const place = ({ position, quat }: Pose): string => `pos="${words(position)}" quat="${words(quat)}"`;

/** One body per joint, and a site for the tool. */
function mjcfOf({ joints, tool }: SerialChain): string {
  const open = joints.map(
    ({ name, kind, pose, axis }) =>
      `<body name="${name}" ${place(pose)}><joint type="${kind === "revolute" ? "hinge" : "slide"}" axis="${words(axis)}"/><geom size="0.01"/>`,
  );
  return `<mujoco><compiler angle="radian"/><worldbody>${open.join("")}<site name="tool" ${place(tool)}/>${"</body>".repeat(joints.length)}</worldbody></mujoco>`;
}

function worstDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  return Math.max(...Array.from(got, (value, i) => Math.abs(value - (expected[i] ?? NaN))));
}

test.each<[string, SerialChain]>([
  ["the Panda", PANDA],
  ["a random chain of five joints, one of them sliding", randomChain(5, 3)],
  ["a random chain of eight joints, two of them sliding", randomChain(8, 4)],
])("%s moves as in MuJoCo, to 1e-9", (_, chain) => {
  const n = chain.joints.length;
  const model = mujoco.MjModel.from_xml_string(mjcfOf(chain));
  const data = new mujoco.MjData(model);
  const linear = new mujoco.DoubleBuffer(3 * n);
  const angular = new mujoco.DoubleBuffer(3 * n);
  try {
    const kinematics = chainKinematics(chain);
    const random = rng(2, "mujoco", chain.name);
    for (let sample = 0; sample < 50; sample++) {
      const q = randomPosture(chain, random);
      data.qpos.set(q);
      mujoco.mj_kinematics(model, data);
      mujoco.mj_comPos(model, data);
      mujoco.mj_jacSite(model, data, linear, angular, 0);
      kinematics.update(q);
      expect(worstDifference(kinematics.toolPosition, data.site_xpos)).toBeLessThan(1e-9);
      expect(worstDifference(kinematics.toolRotation, data.site_xmat)).toBeLessThan(1e-9);
      expect(worstDifference(kinematics.jacobian(), [...linear.GetView(), ...angular.GetView()])).toBeLessThan(1e-9);
      for (let i = 0; i < n; i++) {
        // Body 0 is the world.
        const { position, quat } = kinematics.linkPose(i);
        expect(worstDifference(position, data.xpos.subarray(3 * i + 3, 3 * i + 6))).toBeLessThan(1e-9);
        expect(worstDifference(matrixFromQuat(quat), data.xmat.subarray(9 * i + 9, 9 * i + 18))).toBeLessThan(1e-9);
      }
    }
  } finally {
    for (const owned of [linear, angular, data, model]) owned.delete();
  }
});
