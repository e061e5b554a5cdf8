/** @file A measurement in a process of its own, which gives all its memory back when it ends. */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LOADER } from "./loader.ts";

/**
 * Run a script that is sent a request, and sends its result.
 *
 * @param who named where the process ends without a result
 */
export function resultOf<T>(script: URL, request: object, who: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(script), [], { execArgv: [...LOADER] });
    child.once("message", (result) => resolve(result as T)); // what the script sends
    child.once("error", reject);
    child.once("exit", (status, signal) => reject(new Error(`${who} ended (${signal ?? status}) before it had a result`)));
    child.send(request);
  });
}

/** The script's side: wait for the request, send the result, and end. */
export function answer<R>(measure: (request: R) => Promise<object>): void {
  process.once("message", (request) => {
    void measure(request as R).then((result) => process.send?.(result, () => process.disconnect())); // what `resultOf` sends
  });
}
