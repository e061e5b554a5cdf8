/** @file The section of a command's help that says what each head is. */

import { HEAD_NAMES, headKind } from "#policy/policies";
import type { HelpSection } from "./command.ts";

export const headSection: HelpSection = {
  title: "Heads",
  rows: HEAD_NAMES.map((name) => [name, headKind(name).summary]),
};
