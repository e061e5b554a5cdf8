/** @file A child process that measures the same work in another framework, one round per line asked. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter } from "node:path";
import { createInterface } from "node:readline";

/** What the peer says when it is ready. */
export interface PeerHello {
  readonly version: string;
  readonly threads: number;
  /** How many trainable values its network has, where the script says so. */
  readonly parameters?: number;
}

/** Times of one round, ms; a script may print more of them. */
export interface PeerRound {
  readonly ms: number;
}

export interface Peer<R extends PeerRound = PeerRound> extends PeerHello {
  round(): Promise<R>;
  /** Comes back when its process has ended, and its memory is free. */
  close(): Promise<void>;
}

/** Python interpreters to try, in order: those that `TENDON_PYTHON` names, between what separates paths, and what goes by its usual name. */
function pythons(): string[] {
  const named = process.env["TENDON_PYTHON"];
  return [...(named === undefined ? [] : named.split(delimiter)), "python3", "/usr/bin/python3"];
}

/** The first interpreter that runs the script up to its ready line, or null where none has what it imports. */
export async function startPeer<R extends PeerRound = PeerRound>(script: string, args: readonly string[]): Promise<Peer<R> | null> {
  for (const python of pythons()) {
    const peer = await start<R>(python, script, args);
    if (peer !== null) return peer;
  }
  return null;
}

async function start<R extends PeerRound>(python: string, script: string, args: readonly string[]): Promise<Peer<R> | null> {
  const child = spawn(python, [script, ...args], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, "error").then(() => null);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const next = async (): Promise<string | null> => {
    const { value, done } = await lines.next();
    return done === true ? null : value;
  };
  const hello = await Promise.race([next(), failed]);
  if (hello === null) return null;
  const said: PeerHello = JSON.parse(hello);
  return {
    ...said,
    async round() {
      child.stdin.write("\n");
      const line = await next();
      if (line === null) throw new Error(`bench: ${python} ${script} ended before its round was done`);
      const times: R = JSON.parse(line);
      return times;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
