/** @file Action tokenizers as pure host codecs. */

export { TokenError, type GridCodec, type SequenceCodec, type TokenSlot } from "./codec.ts";
