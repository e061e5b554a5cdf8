/** @file What an action tokenizer is: a pure map between actions and token ids, on the host. */

/**
 * A place in the token sequence of one action: which ids may stand there, and what they decode to.
 *
 * Ids of a slot are `offset … offset + size - 1`; slots may share ids, as the dimensions of uniform bins do.
 */
export interface TokenSlot {
  readonly offset: number;
  readonly size: number;
  /** The action dimensions that the token speaks of, in the order of `centers`. */
  readonly dims: readonly number[];
  /** f64[size, dims.length]: what each id decodes to, in normalized units. */
  readonly centers: Float64Array;
}

/** One action as a fixed number of tokens, one per slot. */
export interface GridCodec {
  readonly scheme: string;
  /** A */
  readonly actionSize: number;
  readonly slots: readonly TokenSlot[];
  /** K: ids are 0 … K-1. */
  readonly vocabulary: number;
  /**
   * @param action f[A] normalized to about [-1, 1]
   * @param ids one per slot, written
   * @returns how many of the values lay outside the bins and were clamped to the end bin
   * @throws RangeError for a value that is not a number, naming the dimension
   */
  encode(action: ArrayLike<number>, ids: Int32Array): number;
  /**
   * @param ids one per slot
   * @param action f64[A], written
   * @throws TokenError for an id outside its slot, with its position
   */
  decode(ids: ArrayLike<number>, action: Float64Array): void;
  /** The id in the vocabulary of the language model the scheme was made for, where it was made for one. */
  readonly absoluteId?: (id: number) => number;
}

/** A whole chunk as a sequence of tokens whose length differs from chunk to chunk. */
export interface SequenceCodec {
  readonly scheme: string;
  /** H */
  readonly horizon: number;
  /** A */
  readonly actionSize: number;
  /** K: ids are 0 … K-1; no id is kept for an end of sequence. */
  readonly vocabulary: number;
  /**
   * What each id stands for: `symbols[id]` are the values it appends to the chunk's coefficients.
   * A legal sequence appends exactly H·A of them.
   */
  readonly symbols: readonly Int32Array[];
  /** @param chunk f[H * A] normalized to about [-1, 1] */
  encode(chunk: ArrayLike<number>): { readonly ids: readonly number[]; readonly clamped: number };
  /**
   * @param chunk f64[H * A], written
   * @throws TokenError for an unknown id or a sequence that is too short or too long, with the position
   */
  decode(ids: ArrayLike<number>, chunk: Float64Array): void;
}

/** A token sequence that stands for no action. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  /** Index in the sequence at which it stops making sense. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}
