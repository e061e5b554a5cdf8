/** @file A text in a message: its beginning is enough to find it by. */

const SHOWN = 40;

/** In quotation marks, and no more than 40 letters of it. */
export function quotedStart(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
