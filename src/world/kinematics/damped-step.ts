/** @file One step of damped least squares: towards a motion of the tool, within limits, with a pull that the tool does not feel. */

import { factorCholesky, solveCholesky } from "./cholesky.ts";
import type { Numbers } from "./quaternion.ts";
import type { SerialChain } from "./serial-chain.ts";

export interface DampedStepRequest {
  /** f64[6, n] Jacobian, as `ChainKinematics.jacobian` writes it. */
  readonly jacobian: Float64Array;
  /** f64[6] wanted motion of the tool: m, then rad. */
  readonly motion: Float64Array;
  /** f[n] present joint positions. */
  readonly q: Numbers;
  /** λ in units of the Jacobian's singular values. */
  readonly damping: number;
  /** Largest change of any joint, rad or m. */
  readonly maxStep: number;
  /** f64[n] wanted change of the joints where the tool does not move by it. */
  readonly pull: Float64Array;
}

/** Relative to the mean squared singular value: what counts as a direction the tool can move in, when the pull is projected. */
const PROJECTION_DAMPING = 1e-10;

/**
 * A function that writes the change of joint positions
 *
 *     Δq = P z + Jᵀ(J Jᵀ + λ²I)⁻¹ e        P = I - Jᵀ(J Jᵀ)⁻¹J
 *
 * with e the motion and z the pull. Then: all of Δq is scaled down until no joint moves more than `maxStep`; a joint that would
 * leave its limits goes to the limit and no further, and the others are solved for again, to do what is left to do.
 *
 * Source: Wampler 1986, IEEE Trans. Systems, Man, and Cybernetics 16(1), and Nakamura and Hanafusa 1986, for the damped inverse;
 * Liégeois 1977 for the projected pull; Flacco, De Luca and Khatib 2012, ICRA, for joints at their limits.
 */
export function dampedStepper(chain: SerialChain): (request: DampedStepRequest, out: Float64Array) => void {
  const n = chain.joints.length;
  const low = Float64Array.from(chain.joints, (joint) => joint.low);
  const high = Float64Array.from(chain.joints, (joint) => joint.high);
  const isFree = new Uint8Array(n);
  const square = new Float64Array(36);
  const factor = new Float64Array(36);
  const wrench = new Float64Array(6);
  const left = new Float64Array(6);

  /** out += sign · Jᵀ(J Jᵀ + λ²I)⁻¹ `wrench`, over the free joints. */
  const addInverse = (jacobian: Float64Array, lambdaSquared: number, sign: number, out: Float64Array): void => {
    factor.set(square);
    for (let row = 0; row < 6; row++) factor[7 * row] = (factor[7 * row] ?? NaN) + lambdaSquared;
    // With λ² on its diagonal the matrix has a factor unless a number in it is none; then there is no step.
    if (!factorCholesky(factor, 6)) return;
    solveCholesky(factor, wrench);
    for (let i = 0; i < n; i++) {
      if (isFree[i] === 0) continue;
      let sum = 0;
      for (let row = 0; row < 6; row++) sum += (jacobian[row * n + i] ?? NaN) * (wrench[row] ?? NaN);
      out[i] = (out[i] ?? NaN) + sign * sum;
    }
  };

  const solveFree = ({ jacobian, damping, maxStep, pull }: DampedStepRequest, out: Float64Array): void => {
    for (let i = 0; i < n; i++) if (isFree[i] === 1) out[i] = pull[i] ?? NaN;
    const trace = squareOf(jacobian, isFree, square);
    productOf(jacobian, isFree, out, wrench);
    addInverse(jacobian, PROJECTION_DAMPING * (trace / 6 + Number.MIN_VALUE), -1, out);
    wrench.set(left);
    addInverse(jacobian, damping * damping, 1, out);
    let largest = 0;
    for (let i = 0; i < n; i++) if (isFree[i] === 1) largest = Math.max(largest, Math.abs(out[i] ?? NaN));
    if (largest > maxStep) for (let i = 0; i < n; i++) if (isFree[i] === 1) out[i] = ((out[i] ?? NaN) * maxStep) / largest;
  };

  /** Put joints that would leave their limits on them; true where there were any. */
  const lock = ({ jacobian, q }: DampedStepRequest, out: Float64Array): boolean => {
    let isAny = false;
    for (let i = 0; i < n; i++) {
      const next = (q[i] ?? NaN) + (out[i] ?? NaN);
      const bound = Math.min(high[i] ?? NaN, Math.max(low[i] ?? NaN, next));
      if (isFree[i] === 0 || bound === next) continue;
      isFree[i] = 0;
      isAny = true;
      out[i] = bound - (q[i] ?? NaN);
      for (let row = 0; row < 6; row++) left[row] = (left[row] ?? NaN) - (jacobian[row * n + i] ?? NaN) * (out[i] ?? NaN);
    }
    return isAny;
  };

  return (request, out) => {
    isFree.fill(1);
    left.set(request.motion);
    for (let pass = 0; pass <= n; pass++) {
      solveFree(request, out);
      if (!lock(request, out)) return;
    }
  };
}

/** J Jᵀ over the free joints, its lower triangle into `out` f64[36]; returns its trace. */
function squareOf(jacobian: Float64Array, isFree: Uint8Array, out: Float64Array): number {
  const n = isFree.length;
  let trace = 0;
  for (let row = 0; row < 6; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0;
      for (let i = 0; i < n; i++) if (isFree[i] === 1) sum += (jacobian[row * n + i] ?? NaN) * (jacobian[column * n + i] ?? NaN);
      out[6 * row + column] = sum;
      if (row === column) trace += sum;
    }
  }
  return trace;
}

/** J·v over the free joints, into `out` f64[6]. */
function productOf(jacobian: Float64Array, isFree: Uint8Array, vector: Float64Array, out: Float64Array): void {
  const n = isFree.length;
  for (let row = 0; row < 6; row++) {
    let sum = 0;
    for (let i = 0; i < n; i++) if (isFree[i] === 1) sum += (jacobian[row * n + i] ?? NaN) * (vector[i] ?? NaN);
    out[row] = sum;
  }
}
