/** @file The section of a command's help that says what each head is. */

import { POLICY_HEADS, policyHead } from "#policy/policies";
import type { HelpSection } from "./command.ts";

export const headSection: HelpSection = {
  title: "Heads",
  rows: POLICY_HEADS.map((name) => [name, policyHead(name).summary]),
};
