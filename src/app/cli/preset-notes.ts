/** @file What the help says of fields that have a value in every preset. */

import type { z } from "zod";
import { PRESET_NAMES, PRESETS, TASK_NAMES, taskOf, type RunConfig } from "#policy/training";

/** The same fields, each with its value in every preset for the help; a note of one's own comes before. */
export function withPresets<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape, notes: Readonly<Record<string, string>>): Shape {
  const noted = Object.entries(shape).map(([key, field]) => [key, field.meta({ note: notes[key] ?? presetNote(key as keyof RunConfig) })]);
  return Object.fromEntries(noted) as Shape; // the same keys, and types that notes do not change
}

/** "smoke 60, demo 4000, full 20000", or one default where all are alike; then the tasks that have their own. */
function presetNote(key: keyof RunConfig): string {
  const word = (value: unknown): string => (typeof value === "boolean" ? (value ? "on" : "off") : String(value));
  const values = PRESET_NAMES.map((name) => word(PRESETS[name]?.[key]));
  const presets = new Set(values).size > 1 ? PRESET_NAMES.map((name, i) => `${name} ${values[i]}`).join(", ") : `default ${values[0]}`;
  const own = TASK_NAMES.flatMap((name) => {
    const defaults: Partial<RunConfig> = taskOf(name).defaults ?? {};
    return defaults[key] === undefined ? [] : [{ name, value: word(defaults[key]) }];
  });
  const tasks = [...new Set(own.map(({ value }) => value))].map((value) => {
    const names = own.filter((each) => each.value === value).map(({ name }) => name);
    return `${names.join(", ")} ${value} but with smoke`;
  });
  return [presets, ...tasks].join("; ");
}
