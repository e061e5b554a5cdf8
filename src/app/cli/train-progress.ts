/** @file A training as it is shown: what it is, a bar, and what is worth a look. */

import type { RunCallbacks } from "#policy/training/node";
import type { CommandIo } from "./io.ts";

/** Run a training with a progress bar. @param what it is, for the line before the first step */
export async function withProgress<T>(
  io: CommandIo,
  { dir, steps, what }: { readonly dir: string; readonly steps: number; readonly what: string },
  train: (callbacks: RunCallbacks) => Promise<T>,
): Promise<T> {
  let bar: ReturnType<CommandIo["progress"]> | undefined;
  try {
    return await train({
      signal: io.signal,
      onWarning: (message) => io.note(`warning: ${message}`),
      onStart({ parameters, frozen, windows, step }) {
        if (step >= steps) {
          io.note(`${dir} is already finished (${step} of ${steps} steps)`);
          return;
        }
        const from = step > 0 ? `, continuing after step ${step}` : "";
        const kept = frozen > 0 ? ` and ${count(frozen)} frozen` : "";
        io.note(`${what}: ${count(parameters)} parameters${kept}, ${count(windows)} windows, into ${dir}${from}`);
        bar = io.progress({ label: "train", total: steps, unit: "step", start: step });
      },
      onStep: ({ step, loss, lr }) => bar?.update(step, `loss ${loss.toFixed(4)}  lr ${lr.toExponential(1)}`),
    });
  } finally {
    bar?.end();
  }
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
