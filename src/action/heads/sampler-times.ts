/** @file Which diffusion steps a sampler visits. */

/** Where the visited steps lie in each of the equal stretches of the schedule. */
export type StepSpacing = "leading" | "trailing";

/**
 * Diffusion steps from noisy to clean, `inferenceSteps` of the K.
 *
 * `"leading"` visits the first step of every stretch, 90, 80, …, 0 of 100 in ten, as Diffusion Policy and LeRobot do:
 * it never asks at the noisiest step that the network was trained on. `"trailing"` visits the last of every stretch,
 * 99, 89, …, 9.
 *
 * @throws RangeError unless 1 ≤ inferenceSteps ≤ K
 *
 * Source: huggingface/diffusers at 58eb52c, schedulers/scheduling_ddim.py `set_timesteps`; the two spacings: Lin et al.
 * 2023, arXiv:2305.08891, table 2.
 */
export function samplerTimes(steps: number, inferenceSteps: number, spacing: StepSpacing): readonly number[] {
  if (!Number.isInteger(inferenceSteps) || inferenceSteps < 1 || inferenceSteps > steps) {
    throw new RangeError(`samplerTimes: inferenceSteps is ${inferenceSteps}, expected a whole number from 1 to the ${steps} steps of the schedule`);
  }
  const places = Array.from({ length: inferenceSteps }, (_, i) => i);
  if (spacing === "leading") {
    const stride = Math.floor(steps / inferenceSteps);
    return places.map((i) => (inferenceSteps - 1 - i) * stride);
  }
  return places.map((i) => halfToEven(steps - (i * steps) / inferenceSteps) - 1);
}

/** NumPy's rounding, which the reference uses: halves go to the even neighbour. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
