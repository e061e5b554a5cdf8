/** @file Where the weights of a checkpoint come from: what a head was pre-trained on, what a policy took over. */

import { z } from "zod";
import { FREEZE_KINDS } from "#policy/policies";

/** What a head is told of a motion while it is pre-trained: joint positions, the pose of the tool, or nothing. */
export const CONDITIONS = ["joints", "pose", "none"] as const;

/** A list of texts as it was saved: earlier heads knew one dataset alone, and named it without a list. */
export const savedTexts = z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(z.string()));

const headProvenanceSchema = z.object({
  stage: z.literal(1),
  /** `kinematics`, or the datasets. */
  data: savedTexts,
  condition: z.enum(CONDITIONS),
  /** Columns that the head learned to write, as in `columnRows`; none where motion was generated. */
  target: z.array(z.string()),
  /** Smallest and largest value of every action dimension that it learned from, in physical units. */
  actionRange: z.object({ min: z.array(z.number()), max: z.array(z.number()) }),
  /** What the numbers of an action are called, and actions in a second, Hz; null where nothing says, as for earlier heads. */
  actionNames: z.array(z.string()).nullable().default(null),
  rateHz: z.number().positive().nullable().default(null),
});

const policyProvenanceSchema = z.object({
  stage: z.literal(2),
  freeze: z.enum(FREEZE_KINDS),
  trainPositions: z.boolean(),
  /** The head it started from; null for one that was frozen as it was drawn. */
  head: headProvenanceSchema.nullable(),
});

const tunedProvenanceSchema = z.object({
  stage: z.literal(3),
  freeze: z.enum(FREEZE_KINDS),
  /** The folder of the policy it went on from, as it was named. */
  from: z.string(),
});

/** Stored in the header of a checkpoint. A policy trained from nothing in one stage has none. */
export const provenanceSchema = z.discriminatedUnion("stage", [headProvenanceSchema, policyProvenanceSchema, tunedProvenanceSchema]);

/** Of a pre-trained head: stage 1. */
export type HeadProvenance = z.output<typeof headProvenanceSchema>;
/** Of a policy over a head that was pre-trained or frozen: stage 2. */
export type PolicyProvenance = z.output<typeof policyProvenanceSchema>;
export type Provenance = z.output<typeof provenanceSchema>;
