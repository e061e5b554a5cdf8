/** @file Words as ids, by the `tokenizer.json` that comes with a published language model. */

import { Tokenizer } from "@huggingface/tokenizers";

export interface PromptTokenizer {
  /** Id in front of every text. */
  readonly begin: number;
  /** Ids of a text, none put in front or behind. */
  encode(text: string): readonly number[];
}

/**
 * The tokenizer of PaliGemma, or of any model whose texts begin with `<bos>`, from its `tokenizer.json`.
 *
 * @param json the parsed file
 * @throws Error when it is no tokenizer, or has no `<bos>`
 */
export function promptTokenizer(json: unknown, source: string = "tokenizer.json"): PromptTokenizer {
  const tokenizer = opened(json, source);
  const begin = tokenizer.token_to_id("<bos>");
  if (begin === undefined) throw new Error(`${source}: there is no <bos>, which prompts begin with; is this the tokenizer of the model?`);
  return { begin, encode: (text) => (text === "" ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids) };
}

function opened(json: unknown, source: string): Tokenizer {
  try {
    return new Tokenizer(json as object, {});
  } catch (error) {
    throw new Error(`${source}: it is no tokenizer.json`, { cause: error });
  }
}
