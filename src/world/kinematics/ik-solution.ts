/** @file What inverse kinematics gives, and the error where it has nothing to give. */

import type { Pose } from "./pose.ts";
import type { SerialChain } from "./serial-chain.ts";

/** Joint positions and how far they leave the tool from its target. */
export interface IkSolution {
  /** f64[n] rad or m, within the limits. */
  readonly q: Float64Array;
  /** Distance to the target, m. */
  readonly positionErrorM: number;
  /** Angle to the target's orientation, rad in [0, π]. */
  readonly angleErrorRad: number;
  /** Steps taken, over all attempts. */
  readonly iterations: number;
  /** True where both errors are within the tolerances. */
  readonly isReached: boolean;
}

/** No joint positions were found that reach a pose. */
export class IkError extends Error {
  override readonly name = "IkError";
  readonly target: Pose;
  /** The nearest that was found. */
  readonly closest: IkSolution;

  constructor(message: string, target: Pose, closest: IkSolution) {
    super(message);
    this.target = target;
    this.closest = closest;
  }
}

/** The error for a target that no attempt has reached. */
export function unreachable(chain: SerialChain, target: Pose, closest: IkSolution): IkError {
  const list = (values: ArrayLike<number>): string => Array.from(values, (value) => Number(value.toFixed(4))).join(", ");
  return new IkError(
    `inverseKinematics: ${chain.name} cannot put its tool at [${list(target.position)}] m, quat [${list(target.quat)}]; the closest pose found is ` +
      `${closest.positionErrorM.toPrecision(3)} m and ${closest.angleErrorRad.toPrecision(3)} rad away, at q [${list(closest.q)}]; ` +
      "move the target, allow more restarts or wider tolerances, or take `closest`",
    target,
    closest,
  );
}
