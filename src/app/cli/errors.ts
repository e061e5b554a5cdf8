/** @file Errors as one clear line, and the exit status each kind deserves. */

/** Exit statuses of every command. */
export const EXIT = {
  ok: 0,
  /** A check or the work failed. */
  failed: 1,
  /** The command line was wrong. */
  usage: 2,
  /** Stopped by Ctrl-C, as shells report it: 128 + SIGINT. */
  interrupted: 130,
  /** The reader of stdout went away: 128 + SIGPIPE. */
  closedPipe: 141,
} as const;

/** The command line is wrong: unknown flag, missing argument, value out of range. Exits with status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Numbers out of range that come from flags are wrong usage. */
export function asUsage<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** Why the signal aborts when stdout is closed by its reader (`tendon … | head -1`). */
export class ClosedPipeError extends Error {
  override readonly name = "ClosedPipeError";
}

export function exitStatusOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ClosedPipeError) return EXIT.closedPipe;
  return isAbort(error) ? EXIT.interrupted : EXIT.failed;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/**
 * One line for people: no stack, no line breaks. Errors of the operating system name the path and say what is
 * wrong with it; slips of ours (TypeError and the like) say how to get the stack.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  if (isAbort(error)) return "stopped";
  const system = describeSystemError(error);
  if (system !== undefined) return system;
  const cause = error.cause === undefined ? undefined : describeSystemErrorIn(error.cause);
  const message = oneLine(error.message) || error.name;
  const line = cause === undefined ? message : `${message.replace(/[.:]$/, "")}: ${cause}`;
  return isOurSlip(error) ? `${line} (unexpected; TENDON_DEBUG=1 shows the stack)` : line;
}

/** The stack for `TENDON_DEBUG=1`, else undefined. */
export function debugStack(error: unknown, env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env["TENDON_DEBUG"] === "1" && error instanceof Error ? error.stack : undefined;
}

function isOurSlip(error: Error): boolean {
  return error instanceof TypeError || error instanceof ReferenceError;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the disk is read-only",
  ENOENT: "no such file or folder",
  EEXIST: "it exists already",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder, a file was expected",
  ENOTEMPTY: "the folder is not empty",
  EMFILE: "too many open files",
  EIO: "the disk reports an input/output error",
  EADDRINUSE: "the address is in use",
};

const ACTIONS: Readonly<Record<string, string>> = {
  open: "open",
  read: "read",
  write: "write",
  mkdir: "create",
  rename: "rename",
  scandir: "list",
  unlink: "delete",
  rm: "delete",
  stat: "find",
  access: "access",
  copyfile: "copy",
  fsync: "write",
  ftruncate: "write",
  listen: "listen on",
};

/** `cannot write runs/a/metrics.jsonl: no space left on the disk (ENOSPC)`, or undefined for other errors. */
function describeSystemError(error: Error): string | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException; // read only, each field checked below
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason === undefined) return undefined;
  const action = ACTIONS[syscall ?? ""] ?? "use";
  // Writes through an open file carry no path; then the room that wrote wraps the error and names it.
  return `cannot ${action}${path === undefined ? "" : ` ${path}`}: ${reason} (${code})`;
}

function describeSystemErrorIn(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  return describeSystemError(cause) ?? describeSystemErrorIn(cause.cause);
}
