/** @file What a run is asked to be: its own configuration when it is continued, else a preset with flags on top. */

import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { asUsage, UsageError } from "./command.ts";
import { kebab } from "./fields.ts";

export interface ConfigRequest<Config> {
  readonly dir: string;
  readonly resume: boolean;
  readonly preset: string | undefined;
  /** The flags that were set. */
  readonly set: Partial<Config>;
  /** The configuration of the run in the folder. */
  readSaved(dir: string): Promise<Config>;
  resolve(preset: string, set: Partial<Config>): Config;
  /** What a run took over from another, which its preset does not know. Default nothing. */
  takenOver?(saved: Config): Partial<Config>;
}

/** @throws UsageError when the folder is taken, the run was started with other values, or flags contradict each other */
export async function askedConfig<Config extends object>(request: ConfigRequest<Config>): Promise<Config> {
  const { dir, resume, preset, set, resolve } = request;
  if (!existsSync(dir)) return asUsage(() => resolve(preset ?? "demo", set));
  if (!resume) {
    throw new UsageError(`${dir} exists; add --resume to continue it, or choose another folder with --out`);
  }
  const saved = await request.readSaved(dir);
  const asked: Partial<Config> = preset === undefined ? set : asUsage(() => resolve(preset, { ...request.takenOver?.(saved), ...set }));
  const before = (key: string): unknown => (saved as Readonly<Record<string, unknown>>)[key]; // keys of one schema
  const changed = Object.entries(asked).filter(([key, value]) => !isDeepStrictEqual(before(key), value));
  if (changed.length > 0) {
    const list = changed.map(([key, value]) => `--${kebab(key)} is ${String(before(key))}, got ${String(value)}`).join("; ");
    throw new UsageError(`${dir} was started with other values: ${list}; leave these flags out to continue it`);
  }
  return saved;
}

/** The flags that were set: Zod gives undefined for others, which must not hide the preset's values. */
export function setFlags<Flags extends object>(flags: Flags): { [Key in keyof Flags]?: Exclude<Flags[Key], undefined> } {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as ReturnType<typeof setFlags<Flags>>;
}
