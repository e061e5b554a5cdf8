/** @file Put a Panda's tool at a pose, go there smoothly, and see what happens out of reach. */

import {
  forwardKinematics, inverseKinematics, minimumJerk, minimumJerkDurationS, PANDA, PANDA_READY, quatFromAxisAngle, type Pose,
} from "tendon/kinematics";

// The hand straight down, 0.5 m ahead and 0.2 m to the left of the base, 0.1 m above it.
const target: Pose = { position: [0.5, 0.2, 0.1], quat: quatFromAxisAngle([1, 0, 0], Math.PI) };
const ik = inverseKinematics(PANDA, { rest: PANDA_READY });
const { q, iterations, positionErrorM } = ik.solve(target, PANDA_READY);
console.log(`reached to ${positionErrorM < 1e-6 ? "1e-6" : positionErrorM} m in ${iterations} steps`);

const durationS = minimumJerkDurationS(PANDA, PANDA_READY, q, 0.25);
const halfWay = PANDA_READY.map((start, i) => start + minimumJerk(0.5) * ((q[i] ?? 0) - start));
const heights = [PANDA_READY, halfWay, q].map((posture) => forwardKinematics(PANDA, posture).position[2]?.toFixed(3));
console.log(`${durationS.toFixed(2)} s at a quarter of the joints' speed; height of the tool ${heights.join(", ")} m`);

const tooFar = ik.closest({ position: [1.2, 0, 0.3], quat: target.quat }, PANDA_READY);
console.log(`1.2 m ahead: ${tooFar.isReached ? "reached" : `${tooFar.positionErrorM.toFixed(2)} m short`}`);
