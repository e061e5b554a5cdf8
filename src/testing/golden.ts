/** @file Read golden numbers from `fixtures/golden`: a case of tensors, or vectors kept as JSON. */

import { readFileSync } from "node:fs";
import { decodeSafetensors, toNumbers } from "#engine/array";

/**
 * Numbers of `fixtures/golden/NAME.safetensors`, flat, by tensor name.
 *
 * @throws Error when the file has no such tensor
 */
export function goldenCase(name: string): (tensor: string) => number[] {
  const path = `fixtures/golden/${name}.safetensors`;
  const { tensors } = decodeSafetensors(readFileSync(path));
  return (tensor) => {
    const found = tensors[tensor];
    if (found === undefined) throw new Error(`${path} has no ${tensor}, it has ${Object.keys(tensors).join(", ")}`);
    return toNumbers(found);
  };
}

/**
 * Numbers of `fixtures/golden/NAME.json`, flat, by path: `numbers("nll.grads.0")`. Booleans are 0 and 1.
 *
 * @throws Error when the path leads to something else
 */
export function goldenVectors(name: string): (path: string) => number[] {
  const file = `fixtures/golden/${name}.json`;
  const root: unknown = JSON.parse(readFileSync(file, "utf8"));
  return (path) => {
    const found = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
    return flatten(found, `${file}: ${path}`);
  };
}

function flatten(value: unknown, who: string): number[] {
  if (Array.isArray(value)) return value.flatMap((part) => flatten(part, who));
  if (typeof value === "number") return [value];
  if (typeof value === "boolean") return [Number(value)];
  throw new Error(`${who} is ${typeof value}, expected numbers`);
}
