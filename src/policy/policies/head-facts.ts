/** @file What people are told about a head when they choose one. */

/** The tables of docs/heads are made of these facts, by `npm run docs`. */
export interface HeadFacts {
  /**
   * What it is, in one phrase without a full stop. Heads over the same network that differ in their family alone, which
   * their names say, share it.
   */
  readonly summary: string;
  /** File name of its page in docs/heads. */
  readonly page: string;
  /**
   * What is decided at once where demonstrations part: the way of the whole chunk; every step by itself, or every token; or
   * nothing, and the answer lies between the ways.
   */
  readonly modes: "joint" | "per-step" | "per-token" | "none";
  /** How often the network is asked for a chunk. */
  readonly calls: "one" | "per integration step" | "per token";
}
