/** @file Text as byte-level byte-pair encoders see it: pieces, bytes, and a visible character for every byte. */

/**
 * The characters that stand for bytes in the files of byte-level tokenizers: visible ones for themselves, the other 68
 * for U+0100 and up.
 *
 * Source: openai/gpt-2 at 9b63575, `src/encoder.py` (`bytes_to_unicode`).
 */
const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = byteOfCharacter();

function byteOfCharacter(): Map<string, number> {
  const isVisible = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  const characters = new Map<string, number>();
  let hidden = 0;
  for (let byte = 0; byte < 256; byte++) {
    characters.set(String.fromCodePoint(isVisible(byte) ? byte : 0x100 + hidden++), byte);
  }
  return characters;
}

/**
 * The bytes a token stands for. A token with a character that stands for no byte is taken at its own UTF-8, as
 * huggingface/tokenizers does (`pre_tokenizers/byte_level.rs`, `decode_chain`).
 */
export function bytesOfToken(token: string): number[] {
  const characters = [...token];
  const bytes = characters.flatMap((character) => BYTE_OF_CHARACTER.get(character) ?? []);
  return bytes.length === characters.length ? bytes : [...new TextEncoder().encode(token)];
}

/** For every byte the token that is its character alone; undefined where there is none. */
export function tokensOfBytes(idOf: ReadonlyMap<string, number>): (number | undefined)[] {
  const ids = new Array<number | undefined>(256).fill(undefined);
  for (const [character, byte] of BYTE_OF_CHARACTER) ids[byte] = idOf.get(character);
  return ids;
}

/**
 * What is never merged across: contractions, runs of letters, digits or anything else with one space before, white space.
 *
 * Source: openai/gpt-2 at 9b63575, `src/encoder.py`; \s written out as Unicode's White_Space, as the Rust tokenizers
 * understand it, where JavaScript's \s knows U+FEFF but not U+0085.
 */
const PIECE =
  /'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Cut text into the pieces that are merged one by one. */
export function piecesOf(text: string): string[] {
  return text.match(PIECE) ?? [];
}

/** Turns bytes into code points one at a time; a code point may be spread over several calls. */
export interface Utf8Reader {
  /** @returns the code point this byte completes, -1 when more bytes must follow, undefined where the byte is illegal */
  push(byte: number): number | undefined;
  /** True between code points. */
  readonly isWhole: boolean;
}

/** Source: RFC 3629, section 3; overlong forms and surrogates are illegal. */
export function utf8Reader(): Utf8Reader {
  let codePoint = 0;
  let missing = 0;
  let least = 0;
  const begin = (bits: number, more: number, smallest: number): number => {
    codePoint = bits;
    missing = more;
    least = smallest;
    return -1;
  };
  return {
    get isWhole() {
      return missing === 0;
    },
    push(byte) {
      if (missing > 0) {
        if ((byte & 0xc0) !== 0x80) return undefined;
        codePoint = (codePoint << 6) | (byte & 0x3f);
        missing -= 1;
        if (missing > 0) return -1;
        return codePoint < least || codePoint > 0x10ffff || isSurrogate(codePoint) ? undefined : codePoint;
      }
      if (byte < 0x80) return byte;
      if ((byte & 0xe0) === 0xc0) return begin(byte & 0x1f, 1, 0x80);
      if ((byte & 0xf0) === 0xe0) return begin(byte & 0x0f, 2, 0x800);
      if ((byte & 0xf8) === 0xf0) return begin(byte & 0x07, 3, 0x10000);
      return undefined;
    },
  };
}

/** Code points that UTF-8 cannot hold. */
export function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}
