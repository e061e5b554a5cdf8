/** @file Start a thread of this room. */

import { Worker } from "node:worker_threads";

/**
 * A thread that runs the module of this name beside this file, compiled; or as a source in a checkout, which its thread must learn to read first.
 *
 * @param workerData what it is started with
 */
export function startWorker(name: string, workerData: unknown): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL(`./${name}.js`, import.meta.url), { workerData });
  const entry = new URL(`./${name}.ts`, import.meta.url);
  const bootstrap = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(entry.href)}); });`;
  return new Worker(bootstrap, { eval: true, workerData, execArgv: ["--conditions=source"] });
}
