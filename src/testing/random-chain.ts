/** @file Chains with axes, offsets and joint kinds drawn at random: to try kinematics on. */

import { rng, type Rng } from "#engine/array";
import { normalizeQuat, serialChain, type JointSpec, type Pose, type SerialChain } from "#world/kinematics";

/** A chain of `count` joints from a seed; every third slides, all have limits. */
export function randomChain(count: number, seed: number): SerialChain {
  const random = rng(seed, "random-chain");
  const joints = Array.from({ length: count }, (_, i): JointSpec => {
    const kind = i % 3 === 2 ? "prismatic" : "revolute";
    const reach = kind === "revolute" ? 2.5 : 0.2;
    return { name: `joint${i + 1}`, kind, pose: randomPose(random), axis: normals(random, 3), low: -reach, high: reach };
  });
  return serialChain(`random-${count}-${seed}`, joints, randomPose(random));
}

function randomPose(random: Rng): Pose {
  return { position: normals(random, 3).map((x) => 0.2 * x), quat: normalizeQuat(normals(random, 4)) };
}

function normals(random: Rng, count: number): number[] {
  return Array.from({ length: count }, () => random.normal());
}
